//! `rlab-ops smoke`.

use std::path::Path;

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::verb::runner;

/// Prove in under 20 s that a lab is fit for drills
///
/// Sends commands through the whole pipeline and follows each to its effect. Says what was proved.
/// Exits with 0 when all of it held, with 1 when something was shown to be wrong.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops smoke
  rlab-ops smoke --format json")]
pub struct Smoke {}

impl Smoke {
    /// Runs the check.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        if rlab_cloud::is_in_vpc(&context.dir)? {
            let command = ["smoke".to_owned()];
            // It leaves no evidence.
            return runner::beside_the_servers(context, Path::new("."), &command).await;
        }
        let progress = Progress::new(context);
        let report = rlab_drill::smoke(&context.dir, &|event| progress.show_drill(&event)).await?;
        drop(progress);
        let exit = report.verdict.outcome.into();
        context
            .format
            .conclude(&report, || report.to_string(), exit)
    }
}
