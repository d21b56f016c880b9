//! `rlab-ops compat`.

pub mod check;
pub mod differences;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What services of AWS do not give that a lab does, and who needs it
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops compat check
  rlab-ops compat check --target elasticache_serverless --format json
  rlab-ops compat differences")]
pub enum Compat {
    Check(check::Check),
    Differences(differences::Differences),
}

impl Compat {
    /// Does what was asked. None of it needs a lab.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Check(verb) => verb.run(context),
            Self::Differences(verb) => verb.run(context),
        }
    }
}
