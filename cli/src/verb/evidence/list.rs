//! `rlab-ops evidence list`.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use rlab_evidence::RunSummary;
use rlab_evidence::runs::{self, End};
use schemars::JsonSchema;
use serde::Serialize;

use super::Root;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::memory;

/// List the runs, the newest first
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    root: Root,
}

/// The runs under one directory.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rlab/evidence-list/v1`.
    schema: &'static str,
    runs: Vec<Entry>,
    /// Length of them all, in bytes.
    bytes: u64,
}

/// One run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    drill: String,
    run: String,
    path: PathBuf,
    /// RFC 3339, UTC.
    started: String,
    /// held, deviated, unknown, did not end, or damaged.
    outcome: &'static str,
    /// What is wrong with a damaged one.
    why: Option<String>,
    /// Whether it was sealed; `evidence judge` tells whether the seal holds.
    sealed: bool,
    /// Length of its files, in bytes.
    bytes: u64,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let runs: Vec<Entry> = runs::list(self.root.path())?
            .into_iter()
            .map(Entry::from)
            .collect();
        let document = Document {
            schema: "rlab/evidence-list/v1",
            bytes: runs.iter().map(|run| run.bytes).sum(),
            runs,
        };
        context
            .format
            .print(&document, || match document.runs.is_empty() {
                true => format!("no runs under {}", self.root.path().display()),
                false => table(&document.runs),
            })?;
        Ok(Exit::Held)
    }
}

impl From<RunSummary> for Entry {
    fn from(run: RunSummary) -> Self {
        let (outcome, why) = match run.end {
            End::Decided(outcome) => (outcome.word(), None),
            End::DidNotEnd => ("did not end", None),
            End::Damaged { why } => ("damaged", Some(why)),
        };
        Self {
            drill: run.drill,
            run: run.run,
            path: run.path,
            started: run.started.to_string(),
            outcome,
            why,
            sealed: run.sealed,
            bytes: run.bytes,
        }
    }
}

pub(super) fn table(runs: &[Entry]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["DRILL", "RUN", "OUTCOME", "SEALED", "SIZE"]);
    for run in runs {
        table.add_row([
            run.drill.clone(),
            run.run.clone(),
            run.why.clone().map_or(run.outcome.to_owned(), |why| {
                format!("{}: {why}", run.outcome)
            }),
            if run.sealed { "yes" } else { "no" }.to_owned(),
            memory::human(run.bytes),
        ]);
    }
    if let Some(size) = table.column_mut(4) {
        size.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}
