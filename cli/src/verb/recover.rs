//! `rlab-ops recover`.

use clap::Args;
use rlab_drill::undo::Undo;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Undo what a drill that was killed left in a lab
///
/// Runs every step of the lab's recovery record, also after one failed. Exits with 5 when something
/// is still there; what is left stays in the record.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops recover --dry-run
  rlab-ops recover
  rlab-ops --lab second recover")]
pub struct Recover {
    /// Show what would be undone, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was undone, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/recover/v1`.
    schema: &'static str,
    lab: &'a str,
    /// False for a dry run.
    done: bool,
    undone: &'a [Undo],
}

impl Recover {
    /// Runs the recovery record.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let undone = match self.dry_run {
            true => rlab_drill::pending(&context.dir)?,
            false => rlab_drill::recover(&context.dir).await?,
        };
        let document = Document {
            schema: "rlab/recover/v1",
            lab: context.dir.name(),
            done: !self.dry_run,
            undone: &undone,
        };
        context.format.print(&document, || sentence(&document))?;
        Ok(Exit::Held)
    }
}

fn sentence(document: &Document<'_>) -> String {
    let word = if document.done { "done" } else { "to do" };
    match document.undone {
        [] => "nothing to undo".to_owned(),
        steps => {
            let lines: Vec<String> = steps.iter().map(|step| format!("{word}: {step}")).collect();
            lines.join("\n")
        }
    }
}
