//! `rlab-ops runbook`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use rlab_runbook::Runbook as Book;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;

/// Look at runbooks: what there is, what one says, what it would do
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops runbook list
  rlab-ops runbook plan E-002 --set commands=2000
  rlab-ops runbook validate my-drill.yaml
  rlab-ops runbook schema > runbook.schema.json")]
pub enum Runbook {
    /// List the runbooks of this program
    List,
    /// Show a runbook as it is written
    Show {
        /// Id, or a file
        #[arg(value_name = "ID|FILE")]
        runbook: String,
    },
    /// Show what a drill would do and how each step is undone
    Plan(Chosen),
    /// Check a runbook file and report every mistake in it
    Validate {
        /// File to check
        file: PathBuf,
    },
    /// Print the JSON Schema of the runbook format, for editors
    Schema,
}

/// A runbook with its parameters.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Id, or a file
    #[arg(value_name = "ID|FILE")]
    pub runbook: String,
    /// Give a parameter another value than its default
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub set: Vec<(String, String)>,
}

/// The runbooks of this program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunbookList {
    /// Always `rlab/runbook-list/v1`.
    schema: &'static str,
    runbooks: Vec<Entry>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    id: String,
    title: String,
    tags: Vec<String>,
    /// Whether this build can run it; the others it can plan.
    runs: bool,
    /// Default values by parameter.
    parameters: serde_json::Map<String, serde_json::Value>,
}

/// A runbook as it is written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Source<'a> {
    /// Always `rlab/runbook-source/v1`.
    schema: &'static str,
    id: &'a str,
    title: &'a str,
    text: &'a str,
}

impl Runbook {
    /// Shows what was asked for.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::List => list(context)?,
            Self::Show { runbook } => show(&rlab_runbook::find(&runbook)?, context)?,
            Self::Plan(chosen) => {
                let plan =
                    rlab_runbook::plan(&rlab_runbook::find(&chosen.runbook)?.resolve(&chosen.set)?);
                context.format.print(&plan, || plan.to_string())?;
            }
            Self::Validate { file } => {
                let book = Book::read(&file)?;
                stream::note(&format!("{}: no mistakes ({})", file.display(), book.id()));
            }
            Self::Schema => stream::data(&format!("{:#}", rlab_runbook::json_schema()))?,
        }
        Ok(Exit::Held)
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let entries = rlab_runbook::list()?
        .iter()
        .map(entry)
        .collect::<Result<_, _>>();
    let list = RunbookList {
        schema: "rlab/runbook-list/v1",
        runbooks: entries
            .map_err(|e: serde_json::Error| Failure::new(Exit::Internal, e.to_string()))?,
    };
    context.format.print(&list, || {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_header(["ID", "TITLE", "TAGS", ""]);
        for Entry {
            id,
            title,
            tags,
            runs,
            ..
        } in &list.runbooks
        {
            let note = if *runs { "" } else { "only planned yet" };
            table.add_row([id, title, &tags.join(" "), note]);
        }
        table.trim_fmt()
    })
}

fn entry(book: &Book) -> serde_json::Result<Entry> {
    let parameters = book.parameters().into_iter();
    let parameters = parameters.map(|(name, value)| Ok((name, serde_json::to_value(value)?)));
    Ok(Entry {
        id: book.id().to_owned(),
        title: book.title().to_owned(),
        tags: book.tags().map(str::to_owned).collect(),
        runs: book
            .resolve(&[])
            .is_ok_and(|drill| drill.not_yet().is_empty()),
        parameters: parameters.collect::<serde_json::Result<_>>()?,
    })
}

fn show(book: &Book, context: &Context) -> Result<(), Failure> {
    let source = Source {
        schema: "rlab/runbook-source/v1",
        id: book.id(),
        title: book.title(),
        text: book.source_text(),
    };
    context
        .format
        .print(&source, || source.text.trim_end().to_owned())
}

pub(in crate::verb) fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, for example commands=2000".into()),
    }
}
