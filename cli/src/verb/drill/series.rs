//! Several drills, or one several times, with a summary.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use rlab_drill::{DrillError, Finished};
use rlab_evidence::Outcome;
use rlab_lab::ErrorKind;
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Drill, Ready};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;

/// What several drills came to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rlab/drill-series/v1`.
    schema: &'static str,
    /// In the order in which they ran.
    runs: Vec<Run>,
    /// Drills that were not begun, since one before them could not be undone or was aborted.
    not_run: usize,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
struct Run {
    drill: String,
    /// held, deviated, unknown or errored.
    outcome: &'static str,
    /// Why; for an error what failed.
    reasons: Vec<String>,
    /// Where its evidence is; none for an error.
    report: Option<PathBuf>,
    #[serde(skip)]
    exit: Exit,
}

impl Drill {
    pub(super) async fn series(
        &self,
        context: &Context,
        several: &[Ready],
        cancel: &CancellationToken,
    ) -> Result<Exit, Failure> {
        let mut runs = Vec::new();
        let wanted = several.len() * self.repeat.get() as usize;
        let rounds = (0..u64::from(self.repeat.get()))
            .flat_map(|n| several.iter().map(move |ready| (n, ready)));
        for (round, ready) in rounds {
            let seed = self.seed.map(|seed| seed.wrapping_add(round));
            let number = runs.len() + 1;
            let drill = &ready.one.drill.id;
            stream::note(&format!("{drill}, {number} of {wanted}"));
            let ended = self.one(context, ready, seed, cancel).await;
            let stops = ended.as_ref().is_err_and(ends_the_series);
            let run = Run::of(drill, ended);
            stream::note(&run.line());
            runs.push(run);
            if stops {
                break;
            }
        }
        let exit = heaviest(&runs);
        let document = Document {
            schema: "rlab/drill-series/v1",
            not_run: wanted - runs.len(),
            runs,
        };
        context
            .format
            .conclude(&document, || summary(&document), exit)
    }
}

/// After these the next drill would work on a lab that is not whole, or against the user's will.
fn ends_the_series(error: &DrillError) -> bool {
    matches!(error, DrillError::Aborted) || error.kind() == ErrorKind::Residual
}

impl Run {
    fn of(drill: &str, ended: Result<Finished, DrillError>) -> Self {
        let drill = drill.to_owned();
        match ended {
            Ok(finished) => Self {
                drill,
                outcome: finished.verdict.outcome.word(),
                exit: finished.verdict.outcome.into(),
                reasons: finished.verdict.reasons,
                report: Some(finished.report),
            },
            Err(error) => Self {
                drill,
                outcome: "errored",
                reasons: vec![error.to_string()],
                report: None,
                exit: error.kind().into(),
            },
        }
    }

    fn line(&self) -> String {
        let reasons = match self.exit {
            Exit::Held => String::new(),
            _ => format!(": {}", self.reasons.join("; ")),
        };
        format!("{}: {}{reasons}", self.drill, self.outcome)
    }
}

/// What is left broken counts most, then what was shown false, then whatever was not shown.
fn heaviest(runs: &[Run]) -> Exit {
    let weight = |exit: Exit| match exit {
        Exit::Residual => 3,
        Exit::Deviated => 2,
        Exit::Held => 0,
        _ => 1,
    };
    let exits = runs.iter().map(|run| run.exit);
    exits
        .max_by_key(|exit| weight(*exit))
        .unwrap_or(Exit::Unknown)
}

fn summary(document: &Document) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["DRILL", "RUNS", "HELD", "DEVIATED", "UNKNOWN", "ERRORED"]);
    let mut drills: Vec<&str> = document.runs.iter().map(|run| run.drill.as_str()).collect();
    drills.sort_unstable();
    drills.dedup();
    for drill in drills {
        let of_drill = || document.runs.iter().filter(|run| run.drill == drill);
        let count = |outcome: &str| {
            of_drill()
                .filter(|run| run.outcome == outcome)
                .count()
                .to_string()
        };
        let words = [Outcome::Held, Outcome::Deviated, Outcome::Unknown].map(Outcome::word);
        let mut row = vec![drill.to_owned(), of_drill().count().to_string()];
        row.extend(words.map(count));
        row.push(count("errored"));
        table.add_row(row);
    }
    let mut lines = vec![table.trim_fmt()];
    for run in document.runs.iter().filter(|run| run.exit != Exit::Held) {
        lines.push(run.line());
        lines.extend(
            run.report
                .iter()
                .map(|path| format!("  report: {}", path.display())),
        );
    }
    if document.not_run > 0 {
        lines.push(format!("not begun: {}", document.not_run));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(drill: &str, exit: Exit, outcome: &'static str) -> Run {
        Run {
            drill: drill.to_owned(),
            outcome,
            reasons: vec!["because".to_owned()],
            report: None,
            exit,
        }
    }

    #[test]
    fn the_heaviest_word_counts_and_every_run_that_did_not_hold_is_told() {
        let mut runs = vec![
            run("E-002", Exit::Held, "held"),
            run("E-001", Exit::Held, "held"),
        ];
        assert_eq!(heaviest(&runs), Exit::Held);
        runs.push(run("E-002", Exit::Unknown, "unknown"));
        assert_eq!(heaviest(&runs), Exit::Unknown);
        runs.push(run("E-002", Exit::Deviated, "deviated"));
        assert_eq!(heaviest(&runs), Exit::Deviated);
        runs.push(run("E-001", Exit::Residual, "errored"));
        assert_eq!(heaviest(&runs), Exit::Residual);
        insta::assert_snapshot!(summary(&Document {
            schema: "rlab/drill-series/v1",
            runs,
            not_run: 2,
        }));
    }

    #[test]
    fn a_series_without_runs_shows_nothing() {
        assert_eq!(heaviest(&[]), Exit::Unknown);
    }
}
