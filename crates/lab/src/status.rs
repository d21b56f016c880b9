//! The state of a lab, told by its supervisor or, when there is none, by its processes.

use crate::client::LabClient;
use crate::error::LabError;
use crate::home::LabDir;
use crate::processes::{self, Found, SUPERVISOR};
use crate::protocol::{LabStatus, NodeState, NodeStatus, PipelineStatus};
use crate::roles::Roles;
use crate::servers::{self, Site};
use crate::spec::{LabSpec, NodeKind, NodeSpec};
use crate::supervisor::initial_status;

/// The state of the lab in `dir`, true also when its supervisor is dead.
///
/// # Errors
/// When there is no such lab or its files cannot be read.
pub async fn status(dir: &LabDir) -> Result<LabStatus, LabError> {
    let spec = load(dir)?;
    if let Ok(client) = LabClient::connect(dir).await {
        match client.status().await {
            // A supervisor that hangs is told by its process; its nodes are looked for like orphans.
            Err(LabError::Unresponsive(..) | LabError::Supervisor(_)) => {}
            answer => return answer,
        }
    }
    let roles = Roles::load(dir, &spec.nodes)?;
    let mut status = without_supervisor(&spec, &roles, &processes::of_lab(dir.path()));
    tell_roles(dir, &spec, &mut status.nodes).await;
    Ok(status)
}

/// Who runs without a supervisor is asked for its part all the same.
async fn tell_roles(dir: &LabDir, spec: &LabSpec, nodes: &mut [NodeStatus]) {
    let Ok(site) = Site::load(dir.clone()) else {
        return;
    };
    for status in nodes.iter_mut().filter(|s| s.state == NodeState::Orphaned) {
        let node = spec.node(&status.node);
        if let Some(node) = node.filter(|n| n.kind == NodeKind::Redis) {
            status.role = servers::role(&site, node).await;
        }
    }
}

/// `status` of `node` with where it stands and how it is reached, as `roles` has it.
pub(crate) fn placed(
    status: NodeStatus,
    nodes: &[NodeSpec],
    node: &NodeSpec,
    roles: &Roles,
) -> NodeStatus {
    let seated = roles.seated(node);
    let named = node.ports[0].endpoint.as_ref();
    NodeStatus {
        door: roles.door(nodes, node).map(|a| a.to_string()),
        endpoint: named.map(|_| seated.way(0).to_string()),
        zone: seated.zone,
        ..status
    }
}

/// The lab's specification.
///
/// # Errors
/// [`LabError::NoSuchLab`] when it was never brought up.
pub(crate) fn load(dir: &LabDir) -> Result<LabSpec, LabError> {
    if !dir.exists() {
        return Err(no_such_lab(dir));
    }
    LabSpec::load(dir)
}

pub(crate) fn no_such_lab(dir: &LabDir) -> LabError {
    LabError::NoSuchLab {
        name: dir.name().to_owned(),
        known: dir.siblings(),
    }
}

fn without_supervisor(spec: &LabSpec, roles: &Roles, alive: &[Found]) -> LabStatus {
    let status = |node| placed(initial_status(node), &spec.nodes, node, roles);
    let nodes = spec.nodes.iter();
    let nodes = nodes.map(|node| orphan(status(node), alive)).collect();
    LabStatus {
        schema: "rlab/status/v1".into(),
        lab: spec.lab.clone(),
        profile: spec.profile.name().to_owned(),
        port_offset: spec.port_offset,
        supervisor_pid: alive.iter().find(|f| f.node == SUPERVISOR).map(|f| f.pid),
        ready: false,
        pipeline: PipelineStatus {
            ready: false,
            waiting_for: Some("a supervisor".into()),
        },
        nodes,
    }
}

fn orphan(status: NodeStatus, alive: &[Found]) -> NodeStatus {
    let found = alive.iter().find(|f| f.node == status.node && f.leader);
    match found {
        None => status,
        Some(found) => NodeStatus {
            state: NodeState::Orphaned,
            pid: Some(found.pid),
            detail: Some("runs without a supervisor".into()),
            ..status
        },
    }
}
