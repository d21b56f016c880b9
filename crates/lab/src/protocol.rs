//! What is said over the supervisor's Unix socket: one JSON request a line, one JSON answer a line.

use std::collections::BTreeMap;

use rlab_contract::agent_config::Namespace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request to the supervisor. Crash points speak on the same socket (`op: crash_point`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// The state of the lab and of every node.
    Status,
    /// Brings every node up that is not; answered at once, readiness is read from `Status`.
    StartAll {
        /// Which nodes.
        #[serde(default)]
        wanted: Wanted,
    },
    /// Does something to one node; answered when it is done (`start`: when the node is ready).
    Node {
        /// Node name.
        node: String,
        /// What to do.
        verb: NodeVerb,
    },
    /// Arms a crash point of an agent with a budget of kills.
    ArmCrash {
        /// Agent node.
        node: String,
        /// The rule and its budget.
        budget: CrashBudget,
    },
    /// Takes the crash rule of an agent back.
    DisarmCrash {
        /// Agent node.
        node: String,
    },
    /// Restarts an agent with other settings and another namespace; answered when it is ready.
    Configure {
        /// Agent node.
        node: String,
        /// Settings laid over those of the profile; empty restores them.
        settings: BTreeMap<String, serde_json::Value>,
        /// Where the agent works; `None` restores the lab's own namespace.
        namespace: Option<Namespace>,
    },
    /// Loses MySQL or Redis's primary and has what stands by take over; answered when the lost one
    /// stands by in its turn.
    Failover {
        /// Whom.
        of: Service,
        /// Zone of MySQL, or node of Redis, that takes over; the one that is best placed when left
        /// out. Whoever has the part already is only started, and so are those that stand by.
        to: Option<String>,
        /// Say what would be done, and change nothing.
        dry_run: bool,
    },
    /// Cuts every connection of clients to the nodes of a kind; new ones are let in.
    Cut {
        /// The kind's word: `broker`, `mysql` or `redis`.
        kind: String,
    },
    /// Lab events with a sequence number above `after`.
    Events {
        /// Last sequence already known; 0 for all.
        after: u64,
    },
    /// Stops every node in order, then the supervisor.
    Shutdown,
    /// Sent by a crash point that is due; never answered.
    CrashPoint {
        /// Node name.
        node: String,
        /// Process that asks to be killed.
        pid: u32,
        /// Crash point.
        point: String,
        /// What was in hand.
        detail: String,
    },
}

/// What can be done to one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeVerb {
    /// Starts it and waits until it answers.
    Start,
    /// SIGTERM, then SIGKILL at the node's deadline; it stays down.
    Stop,
    /// SIGKILL to its process group; it stays down.
    Kill,
    /// SIGSTOP to its process group.
    Pause,
    /// SIGCONT to its process group.
    Resume,
}

/// A service that something can take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// MySQL: the same storage is served in another zone.
    Mysql,
    /// Redis: a replica is promoted.
    Redis,
}

impl Service {
    /// The endpoint name that leads to whoever is in charge.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Redis => "redis",
        }
    }
}

/// What a failover did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failover {
    /// Always `rlab/failover/v1`.
    pub schema: String,
    /// Lab name.
    pub lab: String,
    /// Whom.
    pub of: Service,
    /// Zone of MySQL, or node of Redis, that was in charge.
    pub from: String,
    /// Zone of MySQL, or node of Redis, that took over.
    pub to: String,
    /// Whether it was done, or only said.
    pub done: bool,
    /// From the kill until the name led to who took over, ms; 0 when nothing had to be done.
    pub away_ms: u64,
    /// From the kill until the lost one stood by again, ms.
    pub settled_ms: u64,
    /// Bytes that the lost primary had sent out, when asked just before the kill, and that who took
    /// over never got; none for MySQL, whose storage is one.
    pub behind_bytes: Option<u64>,
}

/// How often an agent is to be killed at a crash point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashBudget {
    /// Crash point, for example `after_commit`.
    pub point: String,
    /// Kills left.
    pub times: u32,
    /// Fewest passes of the point between a start and the kill.
    pub min_hits: u32,
    /// Most passes of the point between a start and the kill.
    pub max_hits: u32,
    /// Seed of the draw between the two.
    pub seed: u64,
}

/// An answer of the supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// Done, nothing to tell.
    Done,
    /// Answer to `Status`.
    Status {
        /// State of the lab.
        status: Box<LabStatus>,
    },
    /// Answer to `Failover`.
    FailedOver {
        /// What was done.
        failover: Failover,
    },
    /// Answer to `Events`.
    Events {
        /// In order of their sequence.
        events: Vec<LabEvent>,
    },
    /// The request failed; nothing further was done.
    Refused {
        /// What failed and why.
        message: String,
        /// What to type next.
        hint: Option<String>,
    },
}

/// The state of a lab as its supervisor, or whoever looks in its place, sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabStatus {
    /// Always `rlab/status/v1`.
    pub schema: String,
    /// Lab name.
    pub lab: String,
    /// Profile name.
    pub profile: String,
    /// Added to every port.
    pub port_offset: u16,
    /// Process id of the supervisor; `None` when it is not running.
    pub supervisor_pid: Option<u32>,
    /// Every node is ready and the pipeline's namespace exists.
    pub ready: bool,
    /// State of the pipeline's own resources (schema, topics, subjects).
    pub pipeline: PipelineStatus,
    /// Every node, in start order.
    pub nodes: Vec<NodeStatus>,
}

/// Whether the pipeline's schema, topics and subjects exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PipelineStatus {
    /// They were found or made since the supervisor started.
    pub ready: bool,
    /// What is being waited for, with the last error.
    pub waiting_for: Option<String>,
}

/// The state of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeStatus {
    /// Node name, for example `kafka-1`.
    pub node: String,
    /// What it is: `controller`, `broker`, `mysql`, `redis`, `registry` or `agent`.
    pub kind: String,
    /// Zone it stands in.
    pub zone: String,
    /// The part it plays, as it told when last asked; none where there is only one, and while it
    /// does not answer.
    pub role: Option<Role>,
    /// Where it is in its life.
    pub state: NodeState,
    /// Process id of its group leader.
    pub pid: Option<u32>,
    /// Address for clients on this machine, `127.0.0.1:port`; `None` where none is offered.
    pub door: Option<String>,
    /// Address in its zone that its endpoint name resolves to, through the proxy slot.
    pub endpoint: Option<String>,
    /// RFC 3339 time of the last change of state.
    pub since: String,
    /// Restarts by the restart policy since the supervisor started.
    pub restarts: u32,
    /// What is being waited for, or why it is not up.
    pub detail: Option<String>,
    /// Kills left in an armed crash budget.
    pub crash_budget: Option<u32>,
}

/// Which nodes are to come up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// All but the spares.
    #[default]
    All,
    /// All but the agents, which somebody else starts.
    Servers,
}

/// The part a server plays among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It takes writes.
    Primary,
    /// It copies a primary.
    Replica,
}

/// Where a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Not running, and not meant to be.
    Stopped,
    /// A further instance of an agent that nobody wants now.
    Spare,
    /// Waits for the nodes it depends on.
    Waiting,
    /// Running, does not answer yet.
    Starting,
    /// Answers.
    Ready,
    /// Runs and answered before, but not when last asked.
    Unresponsive,
    /// Stopped by SIGSTOP.
    Paused,
    /// Asked to end, still running.
    Stopping,
    /// Died; will be started again shortly.
    Backoff,
    /// Died and will not be started again without being told.
    Failed,
    /// Runs without a supervisor.
    Orphaned,
}

impl NodeState {
    /// Whether a lab whose nodes are all like this is well.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Ready | Self::Spare)
    }
}

/// Something that happened to a node, as the supervisor saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabEvent {
    /// Counts up from 1 for as long as the supervisor runs.
    pub sequence: u64,
    /// RFC 3339 time, UTC, microseconds.
    pub at: String,
    /// Node name.
    pub node: String,
    /// What happened.
    pub event: NodeEvent,
}

/// What can happen to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeEvent {
    /// A process was started.
    Spawned {
        /// Its id.
        pid: u32,
    },
    /// A process of an earlier supervisor was taken over.
    Adopted {
        /// Its id.
        pid: u32,
    },
    /// It answered for the first time since it was started.
    Ready {
        /// Its id.
        pid: u32,
    },
    /// A crash point was due and asked for the kill.
    CrashPoint {
        /// Process that asked.
        pid: u32,
        /// Crash point.
        point: String,
        /// What was in hand.
        detail: String,
    },
    /// The supervisor sent a signal to its process group.
    Signalled {
        /// Group leader.
        pid: u32,
        /// Signal number.
        signal: i32,
    },
    /// The process ended.
    Exited {
        /// Its id.
        pid: u32,
        /// Signal that ended it; `None` also for an adopted process, whose end cannot be read.
        signal: Option<i32>,
        /// Exit code.
        code: Option<i32>,
    },
    /// It was told to stand in another zone, its process there having ended.
    Moved {
        /// Zone it stood in.
        from: String,
        /// Zone it stands in.
        to: String,
    },
    /// A replica was seen to have become a primary.
    Promoted {
        /// Bytes of the replication stream that it knew.
        offset: u64,
    },
    /// A name of the address map was led to it.
    Serving {
        /// The name.
        endpoint: String,
        /// Where it leads.
        address: String,
    },
    /// It was seen to copy all that a primary writes.
    Replicates {
        /// Address of the primary.
        primary: String,
    },
    /// Its clients' connections were cut.
    Cut {
        /// How many.
        connections: u64,
    },
    /// It died and will not be started again.
    Failed {
        /// Why, with its last log lines.
        reason: String,
    },
}
