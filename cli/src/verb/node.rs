//! `rlab-ops node`.

use clap::{Args, Subcommand, ValueEnum};
use rlab_lab::client::LabClient;
use rlab_lab::protocol::{Failover, LabStatus, NodeStatus, NodeVerb, Service};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::status::state_word;

/// Stop, start, kill, pause or resume one node, or have it taken over
///
/// The verb returns when it is done: a started node answers, a stopped one has no process left.
/// What was stopped or killed by hand stays down until it is started.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops node kill kafka-2
  rlab-ops node start kafka-2
  rlab-ops node pause mysql --dry-run
  rlab-ops node failover redis")]
pub enum Node {
    /// Ask a node to end (SIGTERM), kill it at its deadline
    Stop(Target),
    /// Start a node and wait until it answers
    Start(Target),
    /// Kill a node's process group (SIGKILL)
    Kill(Target),
    /// Freeze a node's process group (SIGSTOP)
    Pause(Target),
    /// Let a frozen node go on (SIGCONT)
    Resume(Target),
    /// Kill who is in charge and have what stands by take over
    ///
    /// MySQL's storage is served in its other zone, at another address. Of Redis the replica that
    /// knows most is promoted, and the old primary comes back as a replica; what it had not yet
    /// sent is lost, and counted. The service's name and its door on 127.0.0.1 lead to who took over.
    /// It stays so until the next failover, also through `down` and `up`.
    Failover(Takeover),
}

/// The service meant.
#[derive(Debug, Args)]
pub struct Takeover {
    /// Service that is lost
    service: Lost,
    /// Zone of MySQL or node of Redis that takes over [default: the one that is best placed]
    #[arg(long, value_name = "ZONE|NODE")]
    to: Option<String>,
    /// Show who would take over from whom, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What can be taken over.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lost {
    Mysql,
    Redis,
}

/// The node meant.
#[derive(Debug, Args)]
pub struct Target {
    /// Node, as `rlab-ops status` names it
    node: String,
    /// Show what would be done to which process, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// A node and what was done to it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    schema: &'static str,
    lab: &'a str,
    verb: NodeVerb,
    /// Whether it was done, or only shown.
    done: bool,
    node: &'a NodeStatus,
}

impl Node {
    /// Does the verb to the node, and shows its state afterwards.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let (verb, target) = match self {
            Self::Failover(takeover) => return takeover.run(context).await,
            Self::Stop(target) => (NodeVerb::Stop, target),
            Self::Start(target) => (NodeVerb::Start, target),
            Self::Kill(target) => (NodeVerb::Kill, target),
            Self::Pause(target) => (NodeVerb::Pause, target),
            Self::Resume(target) => (NodeVerb::Resume, target),
        };
        let client = LabClient::connect(&context.dir).await?;
        find(&client.status().await?, &target.node)?;
        if !target.dry_run {
            client.node(&target.node, verb).await?;
        }
        let status = client.status().await?;
        let document = Document {
            schema: "rlab/node/v1",
            lab: &status.lab,
            verb,
            done: !target.dry_run,
            node: find(&status, &target.node)?,
        };
        context.format.print(&document, || sentence(&document))?;
        Ok(Exit::Held)
    }
}

impl Takeover {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let of = match self.service {
            Lost::Mysql => Service::Mysql,
            Lost::Redis => Service::Redis,
        };
        let client = LabClient::connect(&context.dir).await?;
        let failover = client.failover(of, self.to, self.dry_run).await?;
        context.format.print(&failover, || taken_over(&failover))?;
        Ok(Exit::Held)
    }
}

fn taken_over(failover: &Failover) -> String {
    let Failover { from, to, .. } = failover;
    let service = failover.of.endpoint();
    if from == to {
        return format!("{service} has {to} in charge already");
    }
    if !failover.done {
        return format!("{service}: {from} would be killed, and {to} take over");
    }
    let lost = match failover.behind_bytes {
        None => String::new(),
        Some(bytes) => format!("; {bytes} bytes of its replication stream were lost"),
    };
    format!(
        "{service}: {to} took over from {from}, away for {} ms, stands by again after {} ms{lost}",
        failover.away_ms, failover.settled_ms
    )
}

fn find<'a>(status: &'a LabStatus, name: &str) -> Result<&'a NodeStatus, Failure> {
    let found = status.nodes.iter().find(|node| node.node == name);
    found.ok_or_else(|| {
        let known = status.nodes.iter().map(|node| node.node.as_str());
        let failure = Failure::usage(format!("lab `{}` has no node `{name}`", status.lab));
        failure.hint(rlab_document::one_of("nodes", name, known).unwrap_or_default())
    })
}

fn sentence(document: &Document<'_>) -> String {
    let node = document.node;
    let process = node.pid.map_or("no process".to_owned(), |pid| {
        format!("process group {pid}")
    });
    let state = state_word(node.state);
    if document.done {
        return format!("{} is {state} ({process})", node.node);
    }
    let would = match document.verb {
        NodeVerb::Start => "would be started",
        NodeVerb::Stop => "would be asked to end",
        NodeVerb::Kill => "would be killed",
        NodeVerb::Pause => "would be frozen",
        NodeVerb::Resume => "would go on",
    };
    format!("{} {would}; now {state} ({process})", node.node)
}
