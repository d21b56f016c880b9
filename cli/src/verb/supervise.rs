//! `rlab-ops supervise`, started by `up` and by nobody else.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Own the nodes of a lab until it is told to stop, and mend what a dead drill left
#[derive(Debug, Args)]
pub struct Supervise {}

impl Supervise {
    /// Runs the supervisor.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        tokio::select! {
            ended = rlab_lab::supervise(context.dir.clone()) => ended?,
            () = rlab_drill::watch(context.dir.clone()) => {}
        }
        Ok(Exit::Held)
    }
}
