//! `rlab-ops node`.

use clap::{Args, Subcommand};
use rlab_lab::client::LabClient;
use rlab_lab::protocol::{LabStatus, NodeStatus, NodeVerb};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::status::state_word;

/// Stop, start, kill, pause or resume one node
///
/// The verb returns when it is done: a started node answers, a stopped one has no process left.
/// What was stopped or killed by hand stays down until it is started.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops node kill kafka-2
  rlab-ops node start kafka-2
  rlab-ops node pause mysql --dry-run")]
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
