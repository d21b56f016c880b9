//! The state of a lab, told by its supervisor or, when there is none, by its processes.

use crate::client::LabClient;
use crate::error::LabError;
use crate::home::LabDir;
use crate::processes::{self, Found, SUPERVISOR};
use crate::protocol::{LabStatus, NodeState, NodeStatus, PipelineStatus};
use crate::spec::LabSpec;
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
    Ok(without_supervisor(&spec, &processes::of_lab(dir.path())))
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

fn without_supervisor(spec: &LabSpec, alive: &[Found]) -> LabStatus {
    let nodes = spec
        .nodes
        .iter()
        .map(|node| orphan(initial_status(node), alive))
        .collect();
    LabStatus {
        schema: "rlab/status/v1".into(),
        lab: spec.lab.clone(),
        profile: spec.profile.name.clone(),
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
