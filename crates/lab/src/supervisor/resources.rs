//! Grants the agents their rights and makes the pipeline's own schema, topic and subject, as soon as the
//! servers answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::LabError;
use crate::protocol::{NodeState, NodeStatus, PipelineStatus};
use crate::servers::Site;
use crate::spec::NodeKind;
use crate::{kafka_access, pipeline};

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

type Nodes = BTreeMap<String, watch::Receiver<NodeStatus>>;

/// Works until the brokers know the agents' rights and the lab's own namespace exists, and says in
/// `status` what it waits for.
pub async fn provide(site: Arc<Site>, mut nodes: Nodes, status: watch::Sender<PipelineStatus>) {
    let broker = |kind| matches!(kind, NodeKind::Broker { .. });
    if !ready(&site, &mut nodes, &status, broker).await {
        return;
    }
    if site.spec.mark.is_none() {
        // The others still start: this takes no time of its own.
        let granting = || kafka_access::apply(&site);
        until_done(&status, "grants the agents their rights", granting).await;
    }
    let other = |kind| matches!(kind, NodeKind::Mysql | NodeKind::Registry);
    if !ready(&site, &mut nodes, &status, other).await {
        return;
    }
    if site.spec.profile.api().is_some() {
        // As in AWS, where there is no supervisor: a task of the lab's runner makes it.
        say(&status, true, None);
        return;
    }
    let own = site.spec.own_namespace();
    let making = || pipeline::create(&site, &own);
    until_done(&status, "makes schema, topic and subject", making).await;
    say(&status, true, None);
}

/// Waits for every node of a kind that is `needed`; false when the supervisor ends before.
async fn ready(
    site: &Site,
    nodes: &mut Nodes,
    status: &watch::Sender<PipelineStatus>,
    needed: impl Fn(NodeKind) -> bool,
) -> bool {
    for node in site.spec.nodes.iter().filter(|node| needed(node.kind)) {
        let Some(receiver) = nodes.get_mut(&node.name) else {
            continue;
        };
        say(status, false, Some(format!("waits for {}", node.name)));
        let ready = receiver.wait_for(|s| s.state == NodeState::Ready).await;
        if ready.is_err() {
            return false;
        }
    }
    true
}

/// Tries `what` until it is done.
async fn until_done<F>(
    status: &watch::Sender<PipelineStatus>,
    what: &str,
    mut work: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), LabError>>,
{
    say(status, false, Some(what.to_owned()));
    while let Err(error) = work().await {
        tracing::warn!(%error, "pipeline resources");
        say(status, false, Some(error.to_string()));
        tokio::time::sleep(PAUSE).await;
    }
}

fn say(status: &watch::Sender<PipelineStatus>, ready: bool, waiting_for: Option<String>) {
    status.send_replace(PipelineStatus { ready, waiting_for });
}
