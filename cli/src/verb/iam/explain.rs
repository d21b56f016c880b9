//! `rlab-ops iam explain`.

use clap::Args;
use rlab_access::{Explained, Model, explain};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tell what an agent may do and why, or the answer to one cell
///
/// Speaks of the model that is part of this program.
#[derive(Debug, Args)]
pub struct Explain {
    /// Agent, or id of a cell as `iam check` and `explain AGENT` name it
    #[arg(value_name = "AGENT|CELL")]
    what: String,
}

impl Explain {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let model = Model::built_in()?;
        let explained = explain(&model, &self.what).map_err(|help| {
            Failure::usage(format!("neither an agent nor a cell: `{}`", self.what)).hint(help)
        })?;
        context
            .format
            .print(&explained, || text(&model, &explained))?;
        Ok(Exit::Held)
    }
}

fn text(model: &Model, explained: &Explained) -> String {
    let mut lines = Vec::new();
    for cell in &explained.cells {
        let answer = if cell.allowed { "allowed" } else { "denied" };
        lines.push(format!("{answer}  {}", cell.cell));
        for because in &cell.because {
            lines.push(format!(
                "    {}:{}: {}",
                model.name(),
                because.line,
                because.reason
            ));
        }
        if !cell.allowed {
            lines.push(format!("    no line of {} grants it", model.name()));
        }
    }
    lines.join("\n")
}
