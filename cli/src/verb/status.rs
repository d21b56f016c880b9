//! `rlab-ops status`.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::status;

/// Show the state of a lab and of every node
///
/// Tells the truth also when the supervisor is gone: processes are looked for, not remembered.
/// MEMORY is the proportional set size (PSS). Exits with 0 whenever the state could be told;
/// `ready` in the JSON document says whether the lab is fit for work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops status
  rlab-ops --lab second status
  rlab-ops status --format json")]
pub struct Status {}

impl Status {
    /// Prints the state.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let found = rlab_lab::status(&context.dir).await?;
        context.format.print(&found, || status::render(&found))?;
        Ok(Exit::Held)
    }
}
