//! `rlab-ops doctor`.

use clap::Args;
use rlab_lab::{Check, CheckOutcome};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Check whether this machine can run a lab
///
/// Runs every check, also after one failed, and says for each failure how to mend it. Changes
/// nothing. Exits with 0 when all checks passed, else with 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops doctor
  rlab-ops doctor --format json")]
pub struct Doctor {}

/// What the checks found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/doctor/v1`.
    schema: &'static str,
    passed: bool,
    checks: &'a [Check],
}

impl Doctor {
    /// Runs the checks.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let checks = rlab_lab::doctor(&context.home).await;
        let passed = checks
            .iter()
            .all(|check| check.outcome == CheckOutcome::Passed);
        let document = Document {
            schema: "rlab/doctor/v1",
            passed,
            checks: &checks,
        };
        let exit = if passed { Exit::Held } else { Exit::Deviated };
        context.format.conclude(&document, || render(&checks), exit)
    }
}

/// A line a check, and below each failure its fix.
fn render(checks: &[Check]) -> String {
    let width = checks
        .iter()
        .map(|check| check.name.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = Vec::new();
    for check in checks {
        let mark = match check.outcome {
            CheckOutcome::Passed => "\u{1b}[32m✔\u{1b}[0m",
            CheckOutcome::Failed => "\u{1b}[31m✖\u{1b}[0m",
        };
        lines.push(format!("{mark} {:width$}  {}", check.name, check.detail));
        if let (CheckOutcome::Failed, Some(fix)) = (check.outcome, &check.fix) {
            lines.push(format!("  {:width$}  fix: {fix}", ""));
        }
    }
    let failed = checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Failed)
        .count();
    lines.push(match failed {
        0 => format!("\nall {} checks passed", checks.len()),
        _ => format!("\n{failed} of {} checks failed", checks.len()),
    });
    lines.join("\n")
}
