//! Runs a whole drill: every arm in turn, the verdict over all of them, the report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rlab_evidence::{
    ArmEvidence, Journal, Machine, Report, RunDir, Verdict, VerdictDocument, seal,
};
use rlab_lab::LabDir;
use rlab_lab::profile::LabProfile;
use rlab_lab::spec::LabSpec;
use rlab_runbook::{Failover, Resolved, plan};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::again::{self, Begun};
use crate::allowed;
use crate::arm::{ArmDone, ArmRun};
use crate::compat;
use crate::conclude::{Conclusion, Told, conclude};
use crate::control::Control;
use crate::environment::{Configuration, environment};
use crate::error::DrillError;
use crate::event::DrillEvent;
use crate::failover;
use crate::leg::{Leg, legs};
use crate::room;
use crate::stage::Stage;
use crate::supervised::Supervised;
use crate::table;
use crate::undo::UndoLog;

/// How a drill is run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Text of the runbook, kept with the evidence.
    pub source: String,
    /// Directory that run directories are made in.
    pub evidence_root: PathBuf,
    /// Seed of everything random; drawn when not given.
    pub seed: Option<u64>,
    /// Who carries out failovers; the lab's supervisor when not given.
    pub control: Option<Arc<dyn Control>>,
}

/// A drill that came to its end.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What was decided, with reasons.
    pub verdict: Verdict,
    /// Where everything is.
    pub run_dir: PathBuf,
    /// The report in it.
    pub report: PathBuf,
}

/// Runs `drill` against the lab in `dir`.
///
/// # Errors
/// Any [`DrillError`]; the lab is mended before it is returned, except for
/// [`DrillError::Residual`].
pub async fn run(
    dir: &LabDir,
    drill: Resolved,
    options: RunOptions,
    tell: &(dyn Fn(DrillEvent) + Send + Sync),
    cancel: CancellationToken,
) -> Result<Finished, DrillError> {
    let lacking = drill.not_yet();
    if !lacking.is_empty() {
        return Err(DrillError::NotYet(lacking.join("; ")));
    }
    let stage = Stage::open(dir, &format!("drill {}", drill.id)).await?;
    let control = control(&stage, &options);
    let operated = control.operator().is_some();
    stage.has(&drill.id, &drill.needs, operated)?;
    let legs = legs(&drill);
    allowed::by_profile(&stage.site.spec, &legs, operated)?;
    let mut undo = UndoLog::open(dir)?;
    if !undo.is_empty() {
        tell(DrillEvent::Note(
            "undoes what an earlier drill left".to_owned(),
        ));
        undo.undo(&stage).await?;
    }
    stage.steady().await?;
    not_refused(&drill, &legs, control.as_ref()).await?;
    let started_at = jiff::Timestamp::now();
    let seed = options.seed.unwrap_or_else(rand::random);
    room::enough(&options.evidence_root, tell)?;
    let (run_dir, mut journal) = RunDir::create(&options.evidence_root, &drill.id)?;
    tell(DrillEvent::Note(format!(
        "seed {seed}; evidence: {}",
        run_dir.path().display()
    )));
    let spec = &stage.site.spec;
    let environment = environment(spec)?;
    run_dir.write_json(&run_dir.configuration(), &Configuration::of(spec))?;
    run_dir.write_json(&run_dir.plan(), &plan(&drill))?;
    run_dir.write_text(&run_dir.runbook(), &options.source)?;
    let begun = Begun {
        drill: drill.id.clone(),
        seed,
        parameters: parameters(&drill),
        arms: drill.arms.keys().cloned().collect(),
    };
    journal.append(again::ENTRY, &begun)?;
    journal.append("environment", &environment)?;
    let mut done = Vec::new();
    for leg in &legs {
        let arm = ArmRun {
            leg,
            stage: &stage,
            control: control.as_ref(),
            run_dir: &run_dir,
            journal: &mut journal,
            undo: &mut undo,
            tell,
            seed,
        };
        match arm.run(&cancel).await {
            Ok(arm) => done.push(arm),
            Err(error) => {
                // The error says more than a journal that cannot be written to.
                let _ = journal.append("ended", &json!({ "error": error.to_string() }));
                return Err(error);
            }
        }
    }
    let report = |verdict| Report {
        drill: drill.id.clone(),
        title: drill.title.clone(),
        hypothesis: drill.hypothesis.clone(),
        verdict,
        run: run_dir.name(),
        profile: stage.site.spec.profile.name().to_owned(),
        proves: proves(&drill, &stage.site.spec.profile),
        not_proven: not_proven(&drill, &stage.site.spec),
        started_at,
        ended_at: jiff::Timestamp::now(),
        seed,
        parameters: parameters(&drill),
        arms: Vec::new(),
        between: Vec::new(),
        table: None,
        environment: environment.clone(),
        machine_after: Machine::observe(),
        check_again: check_again(&drill, seed),
    };
    write_down(
        &drill,
        &run_dir,
        &mut journal,
        legs.iter().zip(done),
        report,
    )
}

/// Who carries out the failovers of a drill on `stage`.
fn control(stage: &Stage, options: &RunOptions) -> Arc<dyn Control> {
    options.control.clone().unwrap_or_else(|| {
        let spec = stage.site.spec.clone();
        Arc::new(Supervised::new(stage.client.clone(), spec))
    })
}

/// Refuses a drill of which a failover would be refused in the middle.
async fn not_refused(
    drill: &Resolved,
    legs: &[Leg],
    control: &dyn Control,
) -> Result<(), DrillError> {
    let wanted = legs.iter().flat_map(|leg| failover::all_of(&leg.drill));
    let wanted: Vec<Failover> = wanted.collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let allowed = control.allows(&wanted).await;
    allowed.map_err(|source| DrillError::Failover {
        step: format!("the failovers of {}", drill.id),
        source,
    })
}

/// Decides, and writes verdict and reports.
fn write_down<'a>(
    drill: &Resolved,
    run_dir: &RunDir,
    journal: &mut Journal,
    done: impl Iterator<Item = (&'a Leg, ArmDone)>,
    report: impl FnOnce(Verdict) -> Report,
) -> Result<Finished, DrillError> {
    let done: Vec<(&Leg, ArmDone)> = done.collect();
    let evidence = done.iter().map(|(_, arm)| arm.report.evidence.clone());
    let mut evidence: Vec<ArmEvidence> = evidence.collect();
    let told: Vec<Told<'_>> = done
        .iter()
        .map(|(leg, arm)| Told {
            leg,
            accounting: &arm.report.accounting,
            loads: &arm.report.loads,
            measured: &arm.measured,
        })
        .collect();
    let Conclusion { verdict, between } = conclude(drill, &evidence, &told);
    evidence.extend(between.iter().cloned());
    let table = drill.table.as_ref().map(|table| table::fill(table, &told));
    journal.append("verdict", &verdict)?;
    let report = Report {
        arms: done.into_iter().map(|(_, arm)| arm.report).collect(),
        between,
        table,
        ..report(verdict.clone())
    };
    let document = VerdictDocument::new(
        &report.drill,
        &report.run,
        &report.profile,
        &verdict,
        evidence,
        journal.summary(),
    );
    run_dir.write_json(&run_dir.verdict(), &document)?;
    run_dir.write_text(&run_dir.report(), &report.markdown()?)?;
    run_dir.write_text(&run_dir.html(), &report.html()?)?;
    run_dir.write_text(&run_dir.junit(), &report.junit()?)?;
    seal(run_dir)?;
    Ok(Finished {
        verdict,
        run_dir: run_dir.path().to_owned(),
        report: run_dir.report(),
    })
}

fn parameters(drill: &Resolved) -> BTreeMap<String, String> {
    let shown = drill.parameters.iter();
    shown
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

/// The profiles this run says nothing about.
fn not_proven(drill: &Resolved, spec: &LabSpec) -> Vec<String> {
    let where_from = match spec.mark {
        None => {
            "All servers and clients share this machine's cores, disk and clock: latency and rates \
             are not those of a deployment."
        }
        Some(_) => {
            "The servers are not this lab's: their versions, their settings and what else they serve are not \
             part of this record. All agents are the same user there."
        }
    };
    let mut limits = vec![
        where_from.to_owned(),
        "Other profiles: a pass here is a pass on this profile only.".to_owned(),
    ];
    limits.extend(compat::not_proven(drill));
    if drill.phases.iter().all(|p| p.steps.is_empty()) {
        limits.push("No fault was injected.".to_owned());
    }
    limits
}

fn check_again(drill: &Resolved, seed: u64) -> Vec<String> {
    let set: Vec<String> = drill
        .parameters
        .iter()
        .map(|(name, value)| format!(" --set {name}={value}"))
        .collect();
    vec![format!(
        "rlab-ops drill {} --seed {seed}{}",
        drill.id,
        set.concat()
    )]
}

/// What a pass proves on `profile`. Behind a rehearsed API stand servers of this machine: where nothing is
/// claimed for it, no more is shown of them than of those of a local lab.
fn proves(drill: &Resolved, profile: &LabProfile) -> Option<String> {
    let claimed = drill.proves.get(profile.name());
    match profile.rehearsed() {
        false => claimed.cloned(),
        true => {
            let claimed = claimed.or_else(|| drill.proves.get("local"));
            claimed.map(|text| format!("rehearsed: {text}"))
        }
    }
}
