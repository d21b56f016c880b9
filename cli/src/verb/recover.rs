//! `rlab-ops recover`.

use clap::Args;
use rlab_drill::undo::Undo;
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
  rlab-ops recover
  rlab-ops --lab second recover")]
pub struct Recover {}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    lab: &'a str,
    undone: &'a [Undo],
}

impl Recover {
    /// Runs the recovery record.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let undone = rlab_drill::recover(&context.dir).await?;
        let document = Document {
            schema: "rlab/recover/v1",
            lab: context.dir.name(),
            undone: &undone,
        };
        context.format.print(&document, || sentence(&undone))?;
        Ok(Exit::Held)
    }
}

fn sentence(undone: &[Undo]) -> String {
    match undone {
        [] => "nothing to undo".to_owned(),
        steps => steps.iter().map(words).collect::<Vec<_>>().join("\n"),
    }
}

fn words(step: &Undo) -> String {
    match step {
        Undo::RemoveNamespace { namespace } => format!("removed namespace {}", namespace.database),
        Undo::RestoreAgent { node } => format!("gave {node} its own settings back"),
        Undo::Disarm { node } => format!("took the crash rule of {node} back"),
        Undo::Start { node } => format!("started {node}"),
    }
}
