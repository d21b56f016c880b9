//! `rlab-ops evidence show`.

use clap::Args;

use super::Root;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::output::stream;

/// Print the report of a run; with --format json its verdict
#[derive(Debug, Args)]
pub struct Show {
    /// Drill id for its latest run, name of a run or its beginning, or a directory
    run: String,
    #[command(flatten)]
    root: Root,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let run = self.root.find(&self.run)?;
        let path = match context.format {
            Format::Human => run.report(),
            Format::Json | Format::Jsonl => run.verdict(),
        };
        let text = std::fs::read_to_string(&path).map_err(|e| {
            let name = run.name();
            Failure::new(Exit::Unknown, format!("{}: {e}", path.display())).hint(format!(
                "{name} may not have come to its end: rlab-ops evidence list"
            ))
        })?;
        stream::data(text.trim_end())?;
        Ok(Exit::Held)
    }
}
