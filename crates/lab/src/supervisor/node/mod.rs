//! The life of one node: waits for what it needs, starts, answers, dies, starts again.
//!
//! One task per node owns its process. Everything else speaks to it by [`Message`] and sees it by
//! its [`NodeStatus`].

mod death;
mod life;
mod part;
mod verbs;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::sync::Arc;

use rlab_contract::agent_config::Namespace;
use rustix::process::Signal;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::budget::Spending;
use super::cast::Cast;
use super::events::{EventLog, now};
use super::process::Process;
use crate::processes::Found;
use crate::protocol::{CrashBudget, NodeEvent, NodeState, NodeStatus, NodeVerb, PipelineStatus};
use crate::roles::{Part, Roles};
use crate::servers::{AgentState, Site};
use crate::spec::NodeSpec;

/// Answer to a message: done, or why not.
pub type Reply = Result<(), String>;

/// Something asked of a node.
pub struct Message {
    /// What.
    pub request: NodeRequest,
    /// Where the answer goes; `None` when nobody waits for it.
    pub reply: Option<oneshot::Sender<Reply>>,
}

/// What can be asked of a node.
pub enum NodeRequest {
    /// A verb of the command line.
    Verb(NodeVerb),
    /// Other settings and namespace, by a restart.
    Configure(BTreeMap<String, serde_json::Value>, Option<Namespace>),
    /// To be killed where it stands and started in another zone, on the same files.
    Move(String),
    /// A crash budget.
    Arm(CrashBudget),
    /// No crash budget any more.
    Disarm,
    /// A crash point is due in the process of this id.
    CrashPoint {
        /// Process that asks to be killed.
        pid: u32,
        /// Crash point.
        point: String,
        /// What was in hand.
        detail: String,
    },
}

/// What a node's task works with.
pub struct Node {
    /// The lab.
    pub site: Arc<Site>,
    /// The node.
    pub spec: NodeSpec,
    /// What is asked of it.
    pub inbox: mpsc::Receiver<Message>,
    /// How it is.
    pub status: watch::Sender<NodeStatus>,
    /// How the nodes are that it starts after.
    pub after: Vec<watch::Receiver<NodeStatus>>,
    /// Whether the pipeline's resources exist; agents wait for them.
    pub pipeline: watch::Receiver<PipelineStatus>,
    /// Where events go.
    pub events: Arc<EventLog>,
    /// Who plays which part; the only one who tells MySQL where it stands is its own task, while it
    /// has no process.
    pub cast: Arc<Cast>,
    /// The same, as it changes.
    pub roles: watch::Receiver<Roles>,
    /// Whether its proxy slots let anybody pass.
    pub within_reach: watch::Sender<bool>,
}

/// The running task of a node.
pub(super) struct Actor {
    node: Node,
    process: Option<Process>,
    life: Life,
    agent: AgentState,
    crash: Option<Spending>,
    restarts: VecDeque<Instant>,
    waiters: Vec<oneshot::Sender<Reply>>,
    /// What it has to be, where there is more than one.
    part: Option<Part>,
    /// What it was last seen to copy.
    follows: Option<SocketAddrV4>,
    /// It answered at least once. From then on it starts without waiting for others, as a service
    /// does that was deployed long ago.
    was_up: bool,
    /// It was told to start and did not answer since: a death now is its own fault, and final.
    on_trial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Life {
    Idle,
    Waiting,
    Backoff { until: Instant },
    Starting { since: Instant },
    Up { misses: u32 },
    Paused,
}

/// The status of a node that was not started yet.
pub fn initial_status(spec: &NodeSpec) -> NodeStatus {
    NodeStatus {
        node: spec.name.clone(),
        kind: spec.kind.word().to_owned(),
        zone: spec.zone.clone(),
        role: None,
        state: idle_state(spec),
        pid: None,
        door: None,
        endpoint: None,
        since: now(),
        restarts: 0,
        // A supervisor asks it, and tells what it says.
        detail: spec
            .theirs
            .as_ref()
            .map(|_| "not run by this lab".to_owned()),
        crash_budget: None,
    }
}

fn idle_state(spec: &NodeSpec) -> NodeState {
    match spec.is_spare() {
        true => NodeState::Spare,
        false => NodeState::Stopped,
    }
}

impl Actor {
    /// A task for `node`, which already runs as `found` when an earlier supervisor left it.
    pub fn new(node: Node, found: Option<&Found>) -> Self {
        let mut actor = Self {
            node,
            process: None,
            life: Life::Idle,
            agent: AgentState::default(),
            crash: None,
            restarts: VecDeque::new(),
            waiters: Vec::new(),
            part: None,
            follows: None,
            was_up: found.is_some(),
            on_trial: false,
        };
        actor.hear_of_parts();
        if let Some(found) = found {
            actor.adopt(found);
        }
        actor
    }

    fn adopt(&mut self, found: &Found) {
        let Ok(process) = Process::adopt(found) else {
            return;
        };
        // A node that a dead drill left paused goes on.
        let _ = process.signal(Signal::CONT);
        self.event(NodeEvent::Adopted { pid: found.pid });
        self.process = Some(process);
        self.live(
            Life::Starting {
                since: Instant::now(),
            },
            None,
        );
    }

    /// Works until the inbox is closed.
    pub async fn run(mut self) {
        loop {
            let open = match self.life {
                Life::Idle => self.idle().await,
                Life::Waiting => self.wait_for_others().await,
                Life::Backoff { until } => self.back_off(until).await,
                Life::Starting { since } => self.starting(since).await,
                Life::Up { misses } => self.up(misses).await,
                Life::Paused => self.paused().await,
            };
            if !open {
                return;
            }
        }
    }

    async fn idle(&mut self) -> bool {
        let message = self.node.inbox.recv().await;
        self.handle(message).await
    }

    fn answer_waiters(&mut self, answer: &Reply) {
        for waiter in self.waiters.drain(..) {
            let _ = waiter.send(answer.clone());
        }
    }

    fn event(&self, event: NodeEvent) {
        self.node.events.record(&self.node.spec.name, event);
    }

    fn live(&mut self, life: Life, detail: Option<String>) {
        self.life = life;
        let state = match life {
            Life::Idle => idle_state(&self.node.spec),
            Life::Waiting => NodeState::Waiting,
            Life::Backoff { .. } => NodeState::Backoff,
            Life::Starting { .. } => NodeState::Starting,
            Life::Up { misses: 0 | 1 } => NodeState::Ready,
            Life::Up { .. } => NodeState::Unresponsive,
            Life::Paused => NodeState::Paused,
        };
        let pid = self.process.as_ref().map(Process::pid);
        self.node.status.send_modify(|s| {
            if s.state != state {
                s.since = now();
            }
            s.state = state;
            s.pid = pid;
            s.detail = detail;
        });
    }
}
