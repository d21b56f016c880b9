//! Judges an old run again, from the files in its directory alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rlab_evidence::journal::{self, Entry};
use rlab_evidence::{ArmEvidence, Outcome, RunDir, Verdict, VerdictDocument};
use rlab_runbook::{Resolved, Runbook};
use serde::{Deserialize, Serialize};

use crate::access;
use crate::compat;
use crate::conclude::{Conclusion, Told, conclude};
use crate::error::DrillError;
use crate::judge::Case;
use crate::leg::legs;
use crate::measured::{self, Measured};

/// Kind of the journal's first entry, a [`Begun`].
pub(crate) const ENTRY: &str = "run";

/// How a run began, as its journal tells.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// Drill id.
    pub drill: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Parameters by name, as one would give them.
    pub parameters: BTreeMap<String, String>,
    /// Arms that were run, in order.
    pub arms: Vec<String>,
}

/// An old run, judged again.
#[derive(Debug, Clone)]
pub struct Again {
    /// Drill id.
    pub drill: String,
    /// The run's name.
    pub run: String,
    /// What was decided then.
    pub recorded: Outcome,
    /// What this program decides from the same files.
    pub verdict: Verdict,
    /// What it sees otherwise than the program that ran the drill, arm by arm.
    pub differences: Vec<String>,
}

/// Judges the run in `path` again: runbook, journal, histories and snapshots are read, every
/// expectation is evaluated and every control repeated. Blocks; needs no lab.
///
/// # Errors
/// [`DrillError::Unfinished`] for a run without a verdict, [`DrillError::NotRepeatable`] when its
/// files do not fit together or this program cannot read its runbook.
pub fn judge_again(path: &Path) -> Result<Again, DrillError> {
    let run_dir = RunDir::open(path)?;
    let recorded = recorded(&run_dir)?;
    let (entries, _) = journal::read(&run_dir.journal())?;
    let begun: Begun = sole(&entries, ENTRY, |_| true, &run_dir)?;
    let drill = resolve(&run_dir, &begun)?;
    let mut done = Vec::new();
    for leg in legs(&drill) {
        let of_leg = |entry: &Entry| entry.data["arm"] == leg.name.as_str();
        let measured: Measured = sole(&entries, measured::ENTRY, of_leg, &run_dir)?;
        for entry in entries
            .iter()
            .filter(|e| e.kind == access::ENTRY && of_leg(e))
        {
            access::recount(&entry.data, &measured.sampled())
                .map_err(|why| not_repeatable(&run_dir.journal(), why))?;
        }
        compat::verify(&entries, &leg.name, &measured)
            .map_err(|why| not_repeatable(&run_dir.journal(), why))?;
        let judged = Case::of(&leg, &run_dir, &measured, begun.seed)?.judge()?;
        done.push((leg, judged, measured));
    }
    let told: Vec<Told<'_>> = done
        .iter()
        .map(|(leg, judged, measured)| Told {
            leg,
            accounting: &judged.accounting,
            loads: &judged.loads,
            measured,
        })
        .collect();
    let evidence = done.iter().map(|(_, judged, _)| judged.evidence.clone());
    let mut evidence: Vec<ArmEvidence> = evidence.collect();
    let Conclusion { verdict, between } = conclude(&drill, &evidence, &told);
    evidence.extend(between);
    Ok(Again {
        drill: begun.drill,
        run: run_dir.name(),
        recorded: recorded.outcome,
        differences: differences(&recorded, &verdict, &evidence),
        verdict,
    })
}

fn recorded(run_dir: &RunDir) -> Result<VerdictDocument, DrillError> {
    let path = run_dir.verdict();
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|e| not_repeatable(&path, e)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(DrillError::Unfinished {
            run: run_dir.path().to_owned(),
        }),
        Err(e) => Err(DrillError::io(path, e)),
    }
}

/// The drill as it was run: its runbook with its parameters and its arms.
fn resolve(run_dir: &RunDir, begun: &Begun) -> Result<Resolved, DrillError> {
    let path = run_dir.runbook();
    let text = std::fs::read_to_string(&path).map_err(|e| DrillError::io(&path, e))?;
    let name = path.display().to_string();
    let book = Runbook::parse(&name, &text).map_err(|e| not_repeatable(&path, e))?;
    let set: Vec<(String, String)> = begun.parameters.clone().into_iter().collect();
    let mut drill = book.resolve(&set).map_err(|e| not_repeatable(&path, e))?;
    if let Some(arm) = begun.arms.iter().find(|arm| !drill.arms.contains_key(*arm)) {
        return Err(not_repeatable(&path, format!("it has no arm {arm}")));
    }
    drill.arms.retain(|arm, _| begun.arms.contains(arm));
    Ok(drill)
}

/// The journal's only entry of `kind` that is wanted.
fn sole<T: serde::de::DeserializeOwned>(
    entries: &[Entry],
    kind: &str,
    wanted: impl Fn(&Entry) -> bool,
    run_dir: &RunDir,
) -> Result<T, DrillError> {
    let mut found = entries.iter().filter(|e| e.kind == kind && wanted(e));
    let path = run_dir.journal();
    let (Some(entry), None) = (found.next(), found.next()) else {
        return Err(not_repeatable(
            &path,
            format!("it does not hold one entry `{kind}`"),
        ));
    };
    serde_json::from_value(entry.data.clone())
        .map_err(|e| not_repeatable(&path, format!("line {}: {e}", entry.seq)))
}

fn not_repeatable(path: &Path, why: impl ToString) -> DrillError {
    DrillError::NotRepeatable {
        path: PathBuf::from(path),
        why: why.to_string(),
    }
}

fn differences(recorded: &VerdictDocument, verdict: &Verdict, arms: &[ArmEvidence]) -> Vec<String> {
    let mut differences = Vec::new();
    if recorded.outcome != verdict.outcome {
        let (then, now) = (recorded.outcome.word(), verdict.outcome.word());
        differences.push(format!("the verdict was {then} and is {now}"));
    }
    if recorded.arms.len() != arms.len() {
        let (then, now) = (recorded.arms.len(), arms.len());
        differences.push(format!("there were {then} arms and are {now}"));
    }
    for (then, now) in recorded.arms.iter().zip(arms) {
        differences.extend(of_arm(then, now));
    }
    differences
}

fn of_arm(then: &ArmEvidence, now: &ArmEvidence) -> Vec<String> {
    let name = &then.name;
    let all = |arm: &ArmEvidence| {
        let seen = [&arm.landed, &arm.traffic, &arm.expectations]
            .into_iter()
            .flatten();
        let seen = seen.map(|e| {
            (
                format!("`{}`", e.text),
                format!("{} ({:?})", e.values(), e.truth),
            )
        });
        let controls = arm.controls.iter();
        let controls = controls.map(|c| (format!("control {}", c.name), c.detail.clone()));
        seen.chain(controls).collect::<Vec<_>>()
    };
    let (then, now) = (all(then), all(now));
    if then.len() != now.len() {
        return vec![format!(
            "{name}: {} things were judged, {} are",
            then.len(),
            now.len()
        )];
    }
    let pairs = then.iter().zip(&now).filter(|(was, is)| was != is);
    pairs
        .map(|((what, was), (_, is))| format!("{name}: {what}: {was} was seen, {is} is"))
        .collect()
}
