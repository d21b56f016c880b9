//! `rlab-ops evidence`.

pub mod judge;
pub mod list;
pub mod prune;
pub mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rlab_evidence::RunDir;
use rlab_evidence::run_dir::RunDirError;
use rlab_evidence::runs::FindError;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Look at what drills left behind: list runs, show one, judge one again, remove old ones
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops evidence list
  rlab-ops evidence show E-002
  rlab-ops evidence judge E-002
  rlab-ops evidence judge 20261121T0731
  rlab-ops evidence prune --keep 5 --dry-run

A RUN is a drill's id for its latest run, the name of a run or its beginning, or a directory.")]
pub enum Evidence {
    List(list::List),
    Show(show::Show),
    Judge(judge::Judge),
    Prune(prune::Prune),
}

/// Where runs are.
#[derive(Debug, clap::Args)]
pub struct Root {
    /// Directory of the run directories
    #[arg(
        long,
        value_name = "DIR",
        env = "RLAB_EVIDENCE",
        hide_env_values = true
    )]
    #[arg(default_value = "evidence")]
    evidence: PathBuf,
}

impl Evidence {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::List(verb) => verb.run(context),
            Self::Show(verb) => verb.run(context),
            Self::Judge(verb) => verb.run(context),
            Self::Prune(verb) => verb.run(context),
        }
    }
}

impl Root {
    /// The directory, as it was given.
    pub fn path(&self) -> &Path {
        &self.evidence
    }

    fn find(&self, run: &str) -> Result<RunDir, Failure> {
        Ok(rlab_evidence::runs::find(&self.evidence, run)?)
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        Self::usage(error.to_string()).hint("see what there is: rlab-ops evidence list")
    }
}

impl From<RunDirError> for Failure {
    fn from(error: RunDirError) -> Self {
        Self::new(Exit::Unknown, error.to_string())
    }
}
