//! `rlab-ops evidence judge`.

use clap::Args;
use rlab_evidence::{SealError, Verdict, verify};
use schemars::JsonSchema;
use serde::Serialize;

use super::Root;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Judge an old run again, from its files
///
/// Refuses a run of which a byte was changed, and names the place. Then evaluates every expectation
/// and repeats every control from the recorded histories and snapshots. Exits as the drill would;
/// with 1 where this program decides otherwise than was recorded. Needs no lab.
#[derive(Debug, Args)]
pub struct Judge {
    /// Drill id for its latest run, name of a run or its beginning, or a directory
    run: String,
    #[command(flatten)]
    root: Root,
}

/// A run, judged again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/judged/v1`.
    schema: &'static str,
    drill: &'a str,
    run: &'a str,
    /// Files whose digests are as they were sealed.
    files: u64,
    /// What was decided when it ran.
    recorded: &'a str,
    /// What is decided now.
    verdict: &'a Verdict,
    /// What is seen otherwise than when it ran.
    differences: &'a [String],
}

impl Judge {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let run = self.root.find(&self.run)?;
        let verified = verify(&run)?;
        let again = rlab_drill::judge_again(run.path())?;
        let document = Document {
            schema: "rlab/judged/v1",
            drill: &again.drill,
            run: &again.run,
            files: verified.files,
            recorded: again.recorded.word(),
            verdict: &again.verdict,
            differences: &again.differences,
        };
        let exit = match again.verdict.outcome == again.recorded {
            true => again.recorded.into(),
            false => Exit::Deviated,
        };
        context
            .format
            .conclude(&document, || sentence(&document), exit)
    }
}

fn sentence(document: &Document<'_>) -> String {
    let Document {
        drill,
        run,
        files,
        recorded,
        verdict,
        ..
    } = document;
    let now = verdict.outcome.word();
    let mut lines = vec![
        format!("{drill} {run}: all {files} files are as they were sealed"),
        format!("recorded: {recorded}; judged again: {now}"),
    ];
    lines.extend(verdict.reasons.iter().map(|reason| format!("  {reason}")));
    if !document.differences.is_empty() {
        lines.push("seen otherwise than recorded:".to_owned());
        lines.extend(document.differences.iter().map(|what| format!("  {what}")));
    }
    lines.join("\n")
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        let refused = Self::new(Exit::Unknown, error.to_string());
        match error {
            SealError::Flawed { .. } => {
                refused.hint("nothing can be concluded from this run; run the drill again")
            }
            SealError::Unsealed { .. } | SealError::Io { .. } => refused,
        }
    }
}
