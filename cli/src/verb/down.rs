//! `rlab-ops down`.

use std::io::BufRead;

use clap::Args;
use rlab_cloud::Record;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{plan, stream};
use crate::verb::cloud;

/// Stop a lab; with --purge also remove its data
///
/// Brokers stop before the controller, and what is left is looked for afterwards. Works without a
/// supervisor too. Purging asks for the lab's name; a script gives it with --confirm.
///
/// What a lab has in AWS is always removed, after asking for its name: it costs money. A rehearsed lab
/// is not asked for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops down
  rlab-ops down --purge --dry-run
  rlab-ops down --purge --confirm default
  rlab-ops --lab second down --confirm second")]
pub struct Down {
    /// Remove the lab's data, logs and secrets as well
    #[arg(long)]
    purge: bool,
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
        let record = Record::find(&context.dir)?;
        let plan = rlab_lab::plan_down(&context.dir, self.purge)?;
        if self.dry_run {
            context.format.print(&plan, || plan::down(&plan))?;
            return Ok(Exit::Held);
        }
        let costs = record.as_ref().is_some_and(|record| !record.is_rehearsed());
        if self.purge || costs {
            stream::note(&plan::down(&plan));
            self.confirmed(context)?;
        }
        let exit = match record {
            Some(_) => cloud::down(context).await?,
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
        let name = context.dir.name();
        format!("{} down{purge} --confirm {name}", context.command())
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
