//! `rlab-ops extend`.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::cloud;

/// Give a lab on AWS more time
///
/// Everything of a lab on AWS carries the time by which it has to be gone. After that nothing but `down`
/// works on it, and whoever finds it may remove it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops extend 4
  rlab-ops --lab second extend 24 --yes")]
pub struct Extend {
    /// Hours from now
    #[arg(value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=i64::from(rlab_cloud::MOST_HOURS)))]
    hours: u32,
    /// Do not ask before making what costs money
    #[arg(long)]
    yes: bool,
}

impl Extend {
    /// Extends it.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let options = rlab_cloud::extend(&context.dir, self.hours)?;
        let wanted = cloud::Wanted {
            profile: options.profile,
            port_offset: options.port_offset,
            dry_run: false,
            yes: self.yes,
        };
        cloud::up(context, wanted).await
    }
}
