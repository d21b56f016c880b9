//! `rlab-ops evidence prune`.

use clap::Args;
use rlab_evidence::runs;
use schemars::JsonSchema;
use serde::Serialize;

use super::Root;
use super::list::{Entry, table};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::memory;

const MIB: u64 = 1 << 20;

/// Remove the oldest runs; the latest of each drill always stays
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops evidence prune --dry-run
  rlab-ops evidence prune --keep 5 --most-mib 500")]
pub struct Prune {
    /// Runs of each drill that stay
    #[arg(long, value_name = "N", default_value_t = 20)]
    keep: usize,
    /// Size that all runs together may have, MiB
    #[arg(long, value_name = "MIB", default_value_t = rlab_drill::BUDGET_BYTES / MIB)]
    most_mib: u64,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    root: Root,
}

/// What was removed, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rlab/evidence-pruned/v1`.
    schema: &'static str,
    /// False for a dry run.
    done: bool,
    /// The oldest first.
    removed: Vec<Entry>,
    removed_bytes: u64,
    kept_bytes: u64,
}

impl Prune {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let most = self.most_mib.saturating_mul(MIB);
        let pruned = runs::prune(self.root.path(), self.keep, most, self.dry_run)?;
        let document = Document {
            schema: "rlab/evidence-pruned/v1",
            done: !self.dry_run,
            removed: pruned.removed.into_iter().map(Entry::from).collect(),
            removed_bytes: pruned.removed_bytes,
            kept_bytes: pruned.kept_bytes,
        };
        context.format.print(&document, || sentence(&document))?;
        Ok(Exit::Held)
    }
}

fn sentence(document: &Document) -> String {
    let word = if document.done {
        "removed"
    } else {
        "would remove"
    };
    let (removed, kept) = (
        memory::human(document.removed_bytes),
        memory::human(document.kept_bytes),
    );
    let count = document.removed.len();
    let total = format!("{word} {count} runs, {removed}; {kept} stay");
    match document.removed.is_empty() {
        true => total,
        false => format!("{}\n{total}", table(&document.removed)),
    }
}
