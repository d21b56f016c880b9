//! `rlab-ops iam`.

pub mod check;
pub mod explain;
pub mod generate;
pub mod policy;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rlab_access::Model;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Who may do what: generate it for every system, prove it, explain it
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops iam generate
  rlab-ops iam check
  rlab-ops iam check --sarif > iam.sarif
  rlab-ops iam explain outbox-relay
  rlab-ops iam explain kafka/outbox-relay/kafka-topic:valuation.events.main/delete
  rlab-ops iam policy E-045 --set region=eu-central-1")]
pub enum Iam {
    Generate(generate::Generate),
    Check(check::Check),
    Explain(explain::Explain),
    Policy(policy::Policy),
}

/// Where the model is.
#[derive(Debug, clap::Args)]
pub struct Sources {
    /// Directory with iam/access.toml and iam/generated
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

impl Iam {
    /// Does what was asked. None of it needs a lab.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Generate(verb) => verb.run(context),
            Self::Check(verb) => verb.run(context),
            Self::Explain(verb) => verb.run(context),
            Self::Policy(verb) => verb.run(context),
        }
    }
}

impl Sources {
    fn model(&self) -> Result<Model, Failure> {
        let path = self.root.join(rlab_access::MODEL);
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Failure::usage(format!("cannot read {}: {e}", path.display()))
                .hint("run it at the root of the sources, or name that with --root")
        })?;
        Ok(Model::read(&path.display().to_string(), &text)?)
    }

    fn generated(&self) -> PathBuf {
        self.root.join(rlab_access::FOLDER)
    }
}

/// A folder or file that cannot be read or written.
fn refused(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unknown, format!("{}: {error}", path.display()))
}
