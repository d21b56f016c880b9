//! `rlab-ops schema`.

use clap::{Args, ValueEnum};
use schemars::schema_for;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::verb;

/// Print the JSON Schema of a document that rlab-ops reads or prints
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops schema status
  rlab-ops schema profile > profile.schema.json")]
pub struct Schema {
    /// Document
    name: Name,
}

/// The documents.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// Profile file, for `up --profile`
    Profile,
    /// Runbook file
    Runbook,
    /// `status` and `up`
    Status,
    /// `node`
    Node,
    /// `logs`
    LogLine,
    /// `runbook list`
    RunbookList,
    /// `runbook plan` and `drill --dry-run`
    Plan,
}

impl Schema {
    /// Prints the schema.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let schema = match self.name {
            Name::Profile => schema_for!(rlab_lab::profile::Profile).to_value(),
            Name::Runbook => rlab_runbook::json_schema(),
            Name::Status => schema_for!(rlab_lab::protocol::LabStatus).to_value(),
            Name::Node => schema_for!(verb::node::Document<'_>).to_value(),
            Name::LogLine => schema_for!(verb::logs::Document<'_>).to_value(),
            Name::RunbookList => schema_for!(verb::runbook::RunbookList).to_value(),
            Name::Plan => schema_for!(rlab_runbook::Plan).to_value(),
        };
        match context.format {
            Format::Human => Format::Json.print(&schema, String::new)?,
            format => format.print(&schema, String::new)?,
        }
        Ok(Exit::Held)
    }
}
