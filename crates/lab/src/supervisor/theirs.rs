//! A node that the lab does not run: it is asked how it is, and nothing can be done to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::events::now;
use super::node::Message;
use crate::protocol::{NodeState, NodeStatus};
use crate::roles::Roles;
use crate::servers::{self, Seen, Site};
use crate::spec::NodeSpec;

/// Between two questions to a server that does not answer.
const AWAY: Duration = Duration::from_millis(500);
/// Between two questions to a server that answers.
const THERE: Duration = Duration::from_secs(3);

/// The task that asks.
pub(super) struct Watch {
    site: Arc<Site>,
    spec: NodeSpec,
    inbox: mpsc::Receiver<Message>,
    status: watch::Sender<NodeStatus>,
    roles: Roles,
    misses: u32,
}

impl Watch {
    pub fn new(
        site: Arc<Site>,
        spec: NodeSpec,
        inbox: mpsc::Receiver<Message>,
        status: watch::Sender<NodeStatus>,
    ) -> Self {
        Self {
            roles: Roles::usual(&site.spec.nodes),
            site,
            spec,
            inbox,
            status,
            misses: 0,
        }
    }

    /// Works until the inbox is closed.
    pub async fn run(mut self) {
        self.live(NodeState::Starting, None);
        let mut pause = Duration::ZERO;
        loop {
            let ask = async {
                tokio::time::sleep(pause).await;
                servers::probe(&self.site, &self.spec, &self.roles).await
            };
            tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(message) => self.answer(message),
                    None => return,
                },
                answer = ask => pause = self.heard(answer),
            }
        }
    }

    /// Takes note of an answer, and says how long not to ask again.
    fn heard(&mut self, answer: Result<Seen, String>) -> Duration {
        let answer = answer.and_then(|seen| {
            self.status.send_if_modified(|status| {
                let changed = status.role != seen.role;
                status.role = seen.role;
                changed
            });
            seen.lacks.map_or(Ok(()), Err)
        });
        let was = self.status.borrow().state;
        match answer {
            Ok(()) => {
                self.misses = 0;
                if was != NodeState::Ready {
                    self.live(NodeState::Ready, None);
                }
                THERE
            }
            Err(why) => {
                self.misses += 1;
                // One question that goes astray is no outage.
                let state = match was {
                    NodeState::Ready if self.misses < 2 => NodeState::Ready,
                    NodeState::Ready | NodeState::Unresponsive => NodeState::Unresponsive,
                    other => other,
                };
                self.live(state, Some(why));
                AWAY
            }
        }
    }

    fn live(&self, state: NodeState, detail: Option<String>) {
        self.status.send_modify(|status| {
            if status.state != state {
                status.since = now();
            }
            status.state = state;
            status.detail = detail;
        });
    }

    fn answer(&self, message: Message) {
        if let Some(reply) = message.reply {
            let _ = reply.send(Err(format!(
                "it is at {} and not run by this lab, which has no hold of its process",
                self.spec.past_slot(0)
            )));
        }
    }
}
