//! `rlab-ops drill`.

use std::path::PathBuf;

use clap::Args;
use rlab_drill::{DrillError, RunOptions};
use rlab_runbook::Resolved;
use schemars::JsonSchema;
use serde::Serialize;

use super::runbook::Chosen;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::stream;
use crate::signals;

/// Break a lab as a runbook says, mend it, and write the evidence
///
/// Runs each arm of the runbook in a namespace of its own, proves that every fault landed, undoes
/// everything and writes a run directory with history, journal, verdict and report. Ctrl-C undoes
/// what was done and exits with 4; Ctrl-C again stops at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops drill E-002
  rlab-ops drill E-002 --dry-run
  rlab-ops drill E-002 --set commands=2000 --arm outbox --seed 7
  rlab-ops drill my-drill.yaml --evidence /tmp/evidence")]
pub struct Drill {
    #[command(flatten)]
    chosen: Chosen,
    /// Draw everything that is random from this seed; it is told in the report
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run only this arm; may be given more than once
    #[arg(long = "arm", value_name = "NAME")]
    arms: Vec<String>,
    /// Directory that run directories are made in
    #[arg(long, value_name = "DIR", default_value = "evidence")]
    evidence: PathBuf,
    /// Show what would be done and how it is undone, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What a drill came to, and where its evidence is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// Always `rlab/drill/v1`.
    schema: &'static str,
    drill: &'a str,
    verdict: &'a rlab_evidence::Verdict,
    run_dir: PathBuf,
    report: PathBuf,
}

impl Drill {
    /// Runs the drill.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let book = rlab_runbook::find(&self.chosen.runbook)?;
        let resolved = with_arms(book.resolve(&self.chosen.set)?, &self.arms)?;
        let plan = rlab_runbook::plan(&resolved);
        if self.dry_run {
            context.format.print(&plan, || plan.to_string())?;
            return Ok(Exit::Held);
        }
        if !plan.not_yet.is_empty() {
            let refused = Failure::from(DrillError::NotYet(plan.not_yet.join("; ")));
            let given = &self.chosen.runbook;
            return Err(refused.hint(format!("rlab-ops runbook plan {given}")));
        }
        stream::note(&plan.to_string());
        let options = RunOptions {
            source: book.source_text().to_owned(),
            evidence_root: self.evidence,
            seed: self.seed,
        };
        let cancel = signals::cancellation()?;
        let progress = Progress::new(context);
        let tell = |event: rlab_drill::DrillEvent| progress.show_drill(&event);
        let finished = rlab_drill::run(&context.dir, resolved, options, &tell, cancel).await?;
        drop(progress);
        let document = Document {
            schema: "rlab/drill/v1",
            drill: book.id(),
            verdict: &finished.verdict,
            run_dir: finished.run_dir,
            report: finished.report,
        };
        let exit = document.verdict.outcome.into();
        context
            .format
            .conclude(&document, || sentence(&document), exit)
    }
}

/// Leaves only the arms that were asked for.
fn with_arms(mut resolved: Resolved, asked: &[String]) -> Result<Resolved, Failure> {
    let known: Vec<String> = resolved.arms.keys().cloned().collect();
    if let Some(unknown) = asked.iter().find(|name| !known.contains(name)) {
        return Err(
            Failure::usage(format!("{} has no arm `{unknown}`", resolved.id))
                .hint(format!("its arms: {}", known.join(", "))),
        );
    }
    if !asked.is_empty() {
        resolved.arms.retain(|name, _| asked.contains(name));
    }
    Ok(resolved)
}

fn sentence(document: &Document<'_>) -> String {
    let mut lines = vec![format!(
        "{}: {}",
        document.drill,
        document.verdict.outcome.word()
    )];
    lines.extend(
        document
            .verdict
            .reasons
            .iter()
            .map(|reason| format!("  {reason}")),
    );
    lines.push(format!("report: {}", document.report.display()));
    lines.join("\n")
}
