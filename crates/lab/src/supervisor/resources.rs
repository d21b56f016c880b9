//! Makes the pipeline's own schema, topic and subject as soon as the servers answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::pipeline;
use crate::protocol::{NodeState, NodeStatus, PipelineStatus};
use crate::servers::Site;
use crate::spec::NodeKind;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// Works until the lab's own namespace exists, and says in `status` what it waits for.
pub async fn provide(
    site: Arc<Site>,
    mut nodes: BTreeMap<String, watch::Receiver<NodeStatus>>,
    status: watch::Sender<PipelineStatus>,
) {
    for node in &site.spec.nodes {
        let needed = matches!(
            node.kind,
            NodeKind::Broker { .. } | NodeKind::Mysql | NodeKind::Registry
        );
        let Some(receiver) = nodes.get_mut(&node.name).filter(|_| needed) else {
            continue;
        };
        say(&status, false, Some(format!("waits for {}", node.name)));
        if receiver
            .wait_for(|s| s.state == NodeState::Ready)
            .await
            .is_err()
        {
            return;
        }
    }
    say(
        &status,
        false,
        Some("makes schema, topic and subject".into()),
    );
    while let Err(error) = pipeline::create(&site, &pipeline::own_namespace()).await {
        tracing::warn!(%error, "pipeline resources");
        say(&status, false, Some(error.to_string()));
        tokio::time::sleep(PAUSE).await;
    }
    say(&status, true, None);
}

fn say(status: &watch::Sender<PipelineStatus>, ready: bool, waiting_for: Option<String>) {
    status.send_replace(PipelineStatus { ready, waiting_for });
}
