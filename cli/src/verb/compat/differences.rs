//! `rlab-ops compat differences`.

use clap::Args;
use comfy_table::{Table, presets};
use rlab_access::Model;
use rlab_compat::{Comparison, Difference, Lists, differences, needs};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tell what services that AWS sizes give otherwise than those on nodes, and whom it touches
///
/// Tells besides what a pass of a local lab does not prove of each. Asks no server.
#[derive(Debug, Args)]
pub struct Differences {}

impl Differences {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let comparison = differences(&Lists::built_in()?, &needs(&Model::built_in()?))?;
        context.format.print(&comparison, || text(&comparison))?;
        Ok(Exit::Held)
    }
}

fn text(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    let same_pair = |a: &Difference, b: &Difference| a.on_nodes == b.on_nodes;
    for pair in comparison.differences.chunk_by(same_pair) {
        let (nodes, sized) = (pair[0].on_nodes.name(), pair[0].sized.name());
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header([
            "WHAT",
            nodes,
            sized,
            "TOUCHES",
            "ASKED HERE",
        ]);
        for row in pair {
            table.add_row([
                format!("{} {}", row.kind, row.name),
                row.of_nodes.clone(),
                row.of_sized.clone(),
                touches(row),
                asked(row).to_owned(),
            ]);
        }
        parts.push(table.trim_fmt());
    }
    let mut limits = vec!["What a pass here does not prove:".to_owned()];
    let sentences = comparison.not_proven.values().flatten();
    limits.extend(sentences.map(|sentence| format!("- {sentence}")));
    parts.push(limits.join("\n"));
    parts.join("\n\n")
}

fn touches(row: &Difference) -> String {
    let touched: Vec<&str> = row
        .agents
        .iter()
        .chain(&row.drills)
        .map(String::as_str)
        .collect();
    match touched.is_empty() {
        true => "-".to_owned(),
        false => touched.join(", "),
    }
}

const fn asked(row: &Difference) -> &'static str {
    match (row.probed, row.confirmed) {
        (true, _) => "yes",
        (false, true) => "no",
        (false, false) => "no; reported by others",
    }
}
