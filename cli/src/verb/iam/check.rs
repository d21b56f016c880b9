//! `rlab-ops iam check`.

use clap::Args;
use rlab_access::{Report, Severity, check, read_folder, sarif};

use super::{Sources, refused};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;

/// Prove the generated files, cell by cell, and find what was edited by hand
///
/// Exits with 0 when every cell of agent, system, resource and operation is answered as the model says and
/// generating again would change nothing; with 1 when something is allowed or denied that should not be;
/// with 2 when something cannot be decided. Asks no server.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    sources: Sources,
    /// Print what is found as SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let model = self.sources.model()?;
        let folder = self.sources.generated();
        let files = read_folder(&folder).map_err(|e| refused(&folder, &e))?;
        let report = check(&model, &files, &folder.display().to_string());
        let exit = match report.worst() {
            None => Exit::Held,
            Some(Severity::Error) => Exit::Deviated,
            Some(Severity::Unknown) => Exit::Unknown,
        };
        match self.sarif {
            // A document of another standard, in whatever format ours would be printed.
            true => Format::Json.conclude(&sarif(&report), String::new, exit),
            false => context.format.conclude(&report, || text(&report), exit),
        }
    }
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let word = match finding.severity {
            Severity::Error => "wrong",
            Severity::Unknown => "unknown",
        };
        let rule = finding.rule.word();
        lines.push(format!(
            "{}: {word}: {} ({rule})",
            finding.place, finding.message
        ));
        lines.push(format!("  next: {}", finding.next));
    }
    let cells = report.cells;
    lines.push(match report.findings.len() {
        0 => format!("all {cells} cells are answered as the model says"),
        many => format!("{many} findings, {cells} cells"),
    });
    lines.join("\n")
}
