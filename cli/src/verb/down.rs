//! `rlab-ops down`.

use std::io::BufRead;

use clap::Args;
use rlab_cloud::{AnyProfile, Record, Surveyed};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{cloud as output, plan, stream};
use crate::verb::cloud;

/// Stop a lab; with --purge also remove its data
///
/// Brokers stop before the controller, and what is left is looked for afterwards. Works without a
/// supervisor too. Purging asks for the lab's name; a script gives it with --confirm.
///
/// What a lab made on servers that are not its own (engine external) is removed from them, and containers
/// (compose) are removed with their data.
///
/// What a lab has in AWS is always removed, after asking for its name: it costs money. A rehearsed lab
/// is not asked for. First comes what the lab's state knows, then what only carries its tag; both are
/// shown before. With --profile this works on a machine that did not bring the lab up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops down
  rlab-ops down --purge --dry-run
  rlab-ops down --purge --confirm default
  rlab-ops --lab second down --confirm second
  rlab-ops --lab trial down --profile aws --dry-run
  rlab-ops --lab trial down --profile aws --confirm trial")]
pub struct Down {
    /// Remove the lab's data, logs and secrets as well
    #[arg(long)]
    purge: bool,
    /// Profile of a lab that another machine brought up on AWS: whose account, and where
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// The lab's name, in place of being asked for it
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Show what would be stopped and removed, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Down {
    /// Stops the lab.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let surveyed = self.surveyed(context).await?;
        let told = surveyed.as_ref().and_then(|found| found.told.as_ref());
        let plan = rlab_lab::plan_down(&context.dir, self.purge)?;
        if self.dry_run {
            if let Some(told) = told {
                context.format.print(told, || output::survey(told))?;
            }
            context.format.print(&plan, || plan::down(&plan))?;
            return Ok(Exit::Held);
        }
        if let Some(told) = told {
            stream::note(&output::survey(told));
        }
        let costs = surveyed.as_ref().is_some_and(|found| !found.is_rehearsed());
        if self.purge || costs {
            stream::note(&plan::down(&plan));
            self.confirmed(context)?;
        }
        let exit = match &surveyed {
            Some(found) => cloud::down(context, found).await?,
            None => Exit::Held,
        };
        if !context.dir.exists() && !self.purge {
            return Ok(exit);
        }
        let progress = Progress::new(context);
        let report =
            rlab_lab::down(&context.dir, self.purge, &|event| progress.show(&event)).await?;
        drop(progress);
        context.format.print(&report, || plan::was_down(&report))?;
        Ok(exit)
    }

    /// What the lab has in AWS, where it has a record here or a profile says where to look.
    async fn surveyed(&self, context: &Context) -> Result<Option<Surveyed>, Failure> {
        let profile = match self.profile.as_deref().map(AnyProfile::load).transpose()? {
            Some(AnyProfile::Cloud(profile)) => Some(*profile),
            Some(AnyProfile::Servers(profile)) => {
                let why = format!("profile `{}` has nothing in AWS", profile.name());
                return Err(Failure::usage(why).hint("leave --profile out"));
            }
            None => None,
        };
        if Record::find(&context.dir)?.is_none() && profile.is_none() {
            return Ok(None);
        }
        let found = rlab_cloud::survey(&context.dir, profile.as_ref()).await?;
        Ok(Some(found))
    }

    /// The lab's name was typed, as an option or now.
    fn confirmed(&self, context: &Context) -> Result<(), Failure> {
        let name = context.dir.name();
        let typed = match &self.confirm {
            Some(typed) => typed.clone(),
            None if context.may_ask => ask(name)?,
            None => {
                return Err(Failure::new(
                    Exit::Denied,
                    "this needs the lab's name, and nobody can be asked",
                )
                .hint(self.again(context)));
            }
        };
        if typed == name {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Denied,
            format!("`{typed}` is not the name of this lab; nothing was removed"),
        )
        .hint(self.again(context)))
    }

    fn again(&self, context: &Context) -> String {
        let purge = if self.purge { " --purge" } else { "" };
        let profile = match &self.profile {
            Some(profile) => format!(" --profile {profile}"),
            None => String::new(),
        };
        let name = context.dir.name();
        format!(
            "{} down{purge}{profile} --confirm {name}",
            context.command()
        )
    }
}

fn ask(name: &str) -> Result<String, Failure> {
    stream::note(&format!(
        "this cannot be undone; type the lab's name ({name}) to go on:"
    ));
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim().to_owned())
}
