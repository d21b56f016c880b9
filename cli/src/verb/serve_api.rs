//! `rlab-ops serve-api`, started by the supervisor of a rehearsal and by nobody else.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Play AWS's API in front of a lab's servers until it is told to stop
#[derive(Debug, Args)]
pub struct ServeApi {}

impl ServeApi {
    /// Serves.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        rlab_cloud::serve(context.dir.clone()).await?;
        Ok(Exit::Held)
    }
}
