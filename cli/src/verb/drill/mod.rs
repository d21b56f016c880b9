//! `rlab-ops drill`.

mod choose;
mod in_vpc;
pub mod series;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rlab_drill::{Control, DrillError, Finished, RunOptions};
use rlab_runbook::Resolved;
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use choose::Chosen;

use super::evidence::Root;
use super::runbook::key_and_value;
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
/// what was done and exits with 4; Ctrl-C again stops at once. Of several drills the heaviest word
/// counts.
///
/// The servers of a lab on AWS are reached from its VPC only: drills run there as a task, as with
/// `rlab-ops runner`, and their evidence is fetched.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops drill E-002
  rlab-ops drill E-002 --dry-run
  rlab-ops drill E-002 --set commands=2000 --arm outbox --seed 7
  rlab-ops drill E-001 E-002 --repeat 10
  rlab-ops drill --tag kafka
  rlab-ops drill --all
  rlab-ops drill my-drill.yaml --evidence /tmp/evidence")]
pub struct Drill {
    /// Ids of drills, or files
    #[arg(value_name = "ID|FILE", required_unless_present_any = ["all", "tags"])]
    runbooks: Vec<String>,
    /// Run every drill that this program has and can run
    #[arg(long, conflicts_with = "runbooks")]
    all: bool,
    /// Run every drill with this tag; may be given more than once
    #[arg(long = "tag", value_name = "TAG", conflicts_with_all = ["runbooks", "all"])]
    tags: Vec<String>,
    /// Give a parameter another value than its default
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// Draw everything that is random from this seed, and from the next ones in repeats; it is told
    /// in the report
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run only this arm; may be given more than once
    #[arg(long = "arm", value_name = "NAME")]
    arms: Vec<String>,
    /// Run all of it so often, the drills in turn
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,
    #[command(flatten)]
    root: Root,
    /// Show what would be done and how it is undone, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// A drill that can begin.
struct Ready {
    one: Chosen,
    /// Who carries out its failovers, where that is not the lab's supervisor.
    control: Option<Arc<dyn Control>>,
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
    /// Runs the drills.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let chosen = self.choose()?;
        let lacking = chosen.iter().find(|one| !one.drill.not_yet().is_empty());
        if let Some(one) = lacking.filter(|_| !self.dry_run) {
            let refused = Failure::from(DrillError::NotYet(one.drill.not_yet().join("; ")));
            return Err(refused.hint(format!("rlab-ops runbook plan {}", one.given)));
        }
        for one in &chosen {
            let plan = rlab_runbook::plan(&one.drill);
            match self.dry_run {
                true => context.format.print(&plan, || plan.to_string())?,
                false => stream::note(&plan.to_string()),
            }
        }
        if self.dry_run {
            return Ok(Exit::Held);
        }
        if rlab_cloud::is_in_vpc(&context.dir)? {
            return self.in_vpc(context, &chosen).await;
        }
        let mut ready = Vec::new();
        for one in chosen {
            let control = rlab_cloud::control(&context.dir, &one.drill).await?;
            ready.push(Ready { one, control });
        }
        let cancel = signals::cancellation()?;
        match ready.as_slice() {
            [ready] if self.repeat.get() == 1 => {
                let finished = self.one(context, ready, self.seed, &cancel).await?;
                show(context, &ready.one.drill, finished)
            }
            several => self.series(context, several, &cancel).await,
        }
    }

    async fn one(
        &self,
        context: &Context,
        ready: &Ready,
        seed: Option<u64>,
        cancel: &CancellationToken,
    ) -> Result<Finished, DrillError> {
        let options = RunOptions {
            source: ready.one.source.clone(),
            evidence_root: self.root.path().to_owned(),
            seed,
            control: ready.control.clone(),
        };
        let progress = Progress::new(context);
        let tell = |event: rlab_drill::DrillEvent| progress.show_drill(&event);
        let drill: Resolved = ready.one.drill.clone();
        rlab_drill::run(&context.dir, drill, options, &tell, cancel.clone()).await
    }
}

fn show(context: &Context, drill: &Resolved, finished: Finished) -> Result<Exit, Failure> {
    let document = Document {
        schema: "rlab/drill/v1",
        drill: &drill.id,
        verdict: &finished.verdict,
        run_dir: finished.run_dir,
        report: finished.report,
    };
    let exit = document.verdict.outcome.into();
    context
        .format
        .conclude(&document, || sentence(&document), exit)
}

fn sentence(document: &Document<'_>) -> String {
    let Document {
        drill,
        verdict,
        report,
        ..
    } = document;
    let mut lines = vec![format!("{drill}: {}", verdict.outcome.word())];
    lines.extend(verdict.reasons.iter().map(|reason| format!("  {reason}")));
    lines.push(format!("report: {}", report.display()));
    lines.join("\n")
}
