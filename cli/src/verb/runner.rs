//! `rlab-ops runner`, and its other end, `run-task`.

use clap::Args;

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

impl Runner {
    /// Runs it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let cancel = signals::cancellation()?;
        let root = self.root.path();
        let line = |text: &str| stream::note(text);
        let ran = rlab_cloud::run_in_vpc(&context.dir, &self.command, root, &line, cancel).await?;
        if let Some(evidence) = &ran.evidence {
            stream::note(&format!("evidence: {}", evidence.display()));
        }
        match ran.exit_code.and_then(Exit::of_code) {
            Some(exit) => Ok(exit),
            None => {
                let why = ran
                    .reason
                    .unwrap_or_else(|| "ECS tells no reason".to_owned());
                Err(Failure::new(
                    Exit::Unknown,
                    format!("the task did not run to its end: {why}"),
                ))
            }
        }
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
