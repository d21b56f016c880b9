//! `rlab-ops config`.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Setting;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Show what holds for the options that can be set in files
///
/// A flag goes before the environment, that before rlab.toml of the project (in the current directory
/// or the nearest above it), that before the user's rlab-ops/config.toml below $XDG_CONFIG_HOME or
/// ~/.config.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  rlab-ops config show
  rlab-ops config show --origin
  printf 'lab = \"mine\"\\nport_offset = 1000\\n' > rlab.toml")]
pub enum Config {
    Show(Show),
}

/// Print each option with its value
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops config show --origin
  rlab-ops --lab second config show --format json")]
pub struct Show {
    /// Tell also who said so
    #[arg(long)]
    origin: bool,
}

/// What holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/config/v1`.
    schema: &'static str,
    settings: &'a [Setting],
}

impl Config {
    /// Prints them.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Self::Show(show) = self;
        let document = Document {
            schema: "rlab/config/v1",
            settings: &context.settings,
        };
        context
            .format
            .print(&document, || table(&context.settings, show.origin))?;
        Ok(Exit::Held)
    }
}

fn table(settings: &[Setting], origin: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for setting in settings {
        let mut row = vec![setting.key.to_owned(), setting.value.clone()];
        row.extend(origin.then(|| setting.origin.to_string()));
        table.add_row(row);
    }
    table.trim_fmt()
}
