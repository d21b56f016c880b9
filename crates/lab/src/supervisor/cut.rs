//! Cutting the clients of a node all at once, as a load balancer or a network that hiccups does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

use crate::spec::NodeSpec;

/// What can be cut, by the name of the node.
pub(super) struct Cuts(BTreeMap<String, Cut>);

/// The connections to one node. Clones speak of the same.
#[derive(Clone, Default)]
pub(super) struct Cut {
    times: watch::Sender<u64>,
    flowing: Arc<AtomicU64>,
}

/// A connection that flows, counted until it is dropped.
pub(super) struct Flowing {
    cut: watch::Receiver<u64>,
    flowing: Arc<AtomicU64>,
}

impl Cuts {
    /// One for each node that clients reach through a slot.
    pub(super) fn of(nodes: &[NodeSpec]) -> Self {
        let reached = nodes
            .iter()
            .filter(|node| (0..node.ports.len()).any(|index| node.has_slot(index)));
        Self(
            reached
                .map(|node| (node.name.clone(), Cut::default()))
                .collect(),
        )
    }

    /// The connections to `node`; none if no slot leads to it.
    pub(super) fn to(&self, node: &str) -> Option<&Cut> {
        self.0.get(node)
    }

    /// Cuts every connection to `node`; returns how many there were.
    pub(super) fn cut(&self, node: &str) -> Option<u64> {
        Some(self.0.get(node)?.cut())
    }
}

impl Cut {
    /// Cuts every connection; returns how many there were.
    pub(super) fn cut(&self) -> u64 {
        let connections = self.flowing.load(Relaxed);
        self.times.send_modify(|times| *times += 1);
        connections
    }

    /// A connection begins to flow.
    pub(super) fn begin(&self) -> Flowing {
        self.flowing.fetch_add(1, Relaxed);
        Flowing {
            cut: self.times.subscribe(),
            flowing: Arc::clone(&self.flowing),
        }
    }
}

impl Flowing {
    /// Waits until it is cut.
    pub(super) async fn is_cut(&mut self) {
        if self.cut.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Flowing {
    fn drop(&mut self) {
        self.flowing.fetch_sub(1, Relaxed);
    }
}
