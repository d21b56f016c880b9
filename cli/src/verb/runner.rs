//! `rlab-ops runner`, and its other end, `run-task`.

use std::path::Path;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::evidence::Root;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;
use crate::signals;

/// Run a command of rlab-ops beside a lab's servers in AWS, and fetch its evidence
///
/// Starts a task in the lab's VPC, follows its log, and exits as the command did. What it stored is
/// fetched into a directory of its own among the run directories. Ctrl-C stops the task and fetches what
/// it left. In a rehearsal the task is a process of this machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops runner -- smoke
  rlab-ops runner -- drill E-001")]
pub struct Runner {
    #[command(flatten)]
    root: Root,
    /// The command with its options
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// How a command in the VPC ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/runner/v1`.
    schema: &'static str,
    lab: &'a str,
    /// The command with its options.
    command: &'a [String],
    exit_code: u8,
    /// Directory that its evidence was fetched into, with that of each drill in one called after it.
    evidence: Option<&'a Path>,
}

impl Runner {
    /// Runs it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        beside_the_servers(context, self.root.path(), &self.command).await
    }
}

/// Runs `command` as a task in the lab's VPC, and ends as it did.
pub async fn beside_the_servers(
    context: &Context,
    evidence: &Path,
    command: &[String],
) -> Result<Exit, Failure> {
    let cancel = signals::cancellation()?;
    let line = |text: &str| stream::note(text);
    let ran = rlab_cloud::run_in_vpc(&context.dir, command, evidence, &line, cancel).await?;
    let Some(exit) = ran.exit_code.and_then(Exit::of_code) else {
        let why = ran.reason;
        let why = why.unwrap_or_else(|| "ECS tells no reason".to_owned());
        let failure = format!("the task did not run to its end: {why}");
        return Err(Failure::new(Exit::Unknown, failure));
    };
    let document = Document {
        schema: "rlab/runner/v1",
        lab: context.dir.name(),
        command,
        exit_code: exit.code(),
        evidence: ran.evidence.as_deref(),
    };
    context
        .format
        .conclude(&document, || sentence(&document), exit)
}

fn sentence(document: &Document<'_>) -> String {
    match document.evidence {
        Some(evidence) => format!("evidence: {}", evidence.display()),
        None => "no evidence was left".to_owned(),
    }
}

/// Run a command as the task of a lab's runner
#[derive(Debug, Args)]
pub struct RunTask {
    /// The command with its options
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Make what agents need on the servers, as a task of a lab's runner
#[derive(Debug, Args)]
pub struct PrepareServers {}

impl PrepareServers {
    /// Makes it.
    pub async fn run(self) -> Result<Exit, Failure> {
        rlab_cloud::prepare_servers(&|text| stream::note(text)).await?;
        Ok(Exit::Held)
    }
}

impl RunTask {
    /// Runs it.
    pub async fn run(self) -> Result<Exit, Failure> {
        let tell = |text: &str| stream::note(text);
        let code = rlab_cloud::run_task(&self.command, &tell).await?;
        Ok(Exit::of_code(code).unwrap_or(Exit::Internal))
    }
}
