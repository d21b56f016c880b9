//! `rlab-ops up`.

use clap::Args;
use rlab_cloud::AnyProfile;
use rlab_lab::profile::LabProfile;
use rlab_lab::protocol::Wanted;
use rlab_lab::{UpOptions, UpPlan};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{connect, plan, stream};
use crate::signals;
use crate::verb::cloud;

/// Bring a lab up and leave it running in the background
///
/// Fetches the servers once, starts every node that is not up, and returns when all of them answer.
/// Run again it mends what is down and leaves the rest alone. Ctrl-C stops what it had started.
///
/// A profile of servers that are there already (engine external) is logged in to first, and agents are started
/// beside them. One of containers (compose) has docker compose bring the servers up.
///
/// A profile with a Terraform root (aws, aws-serverless, rehearsal) is planned, priced and, unless it
/// is only rehearsed, asked for before it is made. Stopped half-way it goes on where it was.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops up
  rlab-ops up --dry-run
  rlab-ops up --profile rehearsal
  rlab-ops up --profile compose
  rlab-ops up --profile aws
  rlab-ops --lab second up --port-offset 1000
  rlab-ops up --profile my-lab.toml")]
pub struct Up {
    /// Profile to follow: a built-in name or a TOML file
    #[arg(
        long,
        value_name = "NAME|FILE",
        env = "RLAB_PROFILE",
        hide_env_values = true
    )]
    #[arg(default_value = "local")]
    profile: String,
    /// Move every port of the lab up by N
    #[arg(
        long,
        value_name = "N",
        env = "RLAB_PORT_OFFSET",
        hide_env_values = true
    )]
    #[arg(default_value_t = 0)]
    port_offset: u16,
    /// Show what would be fetched, started or made, and what it costs, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before making what costs money
    #[arg(long)]
    yes: bool,
}

impl Up {
    /// Brings the lab up.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match AnyProfile::load(&self.profile)? {
            AnyProfile::Servers(profile) => self.servers(context, *profile).await,
            AnyProfile::Cloud(profile) => {
                let wanted = cloud::Wanted {
                    profile: *profile,
                    port_offset: self.port_offset,
                    dry_run: self.dry_run,
                    yes: self.yes,
                };
                cloud::up(context, wanted).await
            }
        }
    }

    async fn servers(self, context: &Context, profile: LabProfile) -> Result<Exit, Failure> {
        let options = UpOptions {
            dir: context.dir.clone(),
            profile,
            port_offset: self.port_offset,
            wanted: Wanted::All,
        };
        if self.dry_run {
            let plan: UpPlan = rlab_lab::plan_up(&options).await?;
            context.format.print(&plan, || plan::up(&plan))?;
            return Ok(Exit::Held);
        }
        let cancel = signals::cancellation()?;
        let progress = Progress::new(context);
        let status = rlab_lab::up(&options, &|event| progress.show(&event), cancel).await?;
        drop(progress);
        stream::note(&format!("lab {} is up", status.lab));
        context.format.print(&status, || {
            connect::render(&status, &context.dir, &context.command())
        })?;
        Ok(Exit::Held)
    }
}
