//! Renders the reports of a recorded run again, to look at them: `render RUN_DIRECTORY OUT_DIRECTORY`.
//!
//! Parameters and what a pass proves are not in the record and are left out.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rlab_evidence::journal::{self, Entry};
use rlab_evidence::report::{
    ActionReport, ArmReport, LoadReport, PhaseReport, Report, SeriesReport, SeriesSample,
};
use rlab_evidence::{
    ArmEvidence, Environment, JsonlError, JsonlReader, LatencyRecorder, Machine, RunDir, Verdict,
    VerdictDocument,
};
use rlab_ledger::{Fact, Operation, Recording, Terms, Window, account};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(run), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: render RUN_DIRECTORY OUT_DIRECTORY".into());
    };
    let report = rebuilt(&RunDir::open(&run)?)?;
    std::fs::create_dir_all(&out)?;
    std::fs::write(out.join("report.md"), report.markdown()?)?;
    std::fs::write(out.join("report.html"), report.html()?)?;
    std::fs::write(out.join("junit.xml"), report.junit()?)?;
    Ok(())
}

fn rebuilt(run: &RunDir) -> Result<Report, Failure> {
    let (entries, _) = journal::read(&run.journal())?;
    let verdict: VerdictDocument = serde_json::from_slice(&std::fs::read(run.verdict())?)?;
    let plan: serde_json::Value = serde_json::from_slice(&std::fs::read(run.plan())?)?;
    let text = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return Err("the journal is empty".into());
    };
    let was_run = |evidence: &ArmEvidence| run.path().join("arms").join(&evidence.name).is_dir();
    let (arms, between): (Vec<_>, Vec<_>) = verdict.arms.into_iter().partition(was_run);
    let arms = arms
        .into_iter()
        .map(|evidence| arm(run, &entries, evidence));
    Ok(Report {
        drill: verdict.drill,
        title: text("title"),
        hypothesis: text("hypothesis"),
        arms: arms.collect::<Result<_, _>>()?,
        between,
        table: None,
        verdict: Verdict {
            outcome: verdict.outcome,
            reasons: verdict.reasons,
        },
        run: verdict.run,
        profile: verdict.profile,
        proves: None,
        not_proven: Vec::new(),
        started_at: first.at,
        ended_at: last.at,
        seed: first.data["seed"].as_u64().unwrap_or_default(),
        parameters: BTreeMap::new(),
        environment: environment(&entries)?,
        machine_after: Machine::default(),
        check_again: vec![format!("rlab-ops drill {}", text("runbook"))],
    })
}

fn environment(entries: &[Entry]) -> Result<Environment, Failure> {
    let told = entries.iter().find(|entry| entry.kind == "environment");
    let told = told.ok_or("the journal does not tell the environment")?;
    Ok(serde_json::from_value(told.data.clone())?)
}

fn arm(run: &RunDir, entries: &[Entry], evidence: ArmEvidence) -> Result<ArmReport, Failure> {
    let own: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.data["arm"] == evidence.name.as_str())
        .collect();
    let phases = phases(&own);
    let windows: Vec<Window> = phases
        .iter()
        .map(|phase| Window {
            name: phase.name.clone(),
            from_us: (phase.from_s * 1e6) as u64,
            to_us: (phase.to_s * 1e6) as u64,
        })
        .collect();
    let recording = Files::of(&run.path().join("arms").join(&evidence.name))?;
    let terms = Terms {
        windows: &windows,
        ..Terms::default()
    };
    let mut loads = Vec::new();
    for name in recording.loads() {
        let mut recorder = LatencyRecorder::new(&windows);
        for operation in recording.history(&name)? {
            recorder.record(&operation?);
        }
        let latency = recorder.summary();
        loads.push(LoadReport {
            name,
            latency,
            at_bound: 0,
        });
    }
    Ok(ArmReport {
        accounting: account(&recording, &terms)?,
        settings: settings(&own),
        actions: actions(&own, &phases),
        series: series(run, &evidence.name)?,
        plot: Vec::new(),
        evidence,
        phases,
        loads,
    })
}

/// The samples of an arm's series; what they are and in which unit is not in the record.
fn series(run: &RunDir, arm: &str) -> Result<Vec<SeriesReport>, Failure> {
    let mut series = Vec::new();
    for entry in std::fs::read_dir(run.measurements())? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file.strip_prefix(&format!("{arm}-"));
        let Some(name) = name.and_then(|name| name.strip_suffix(".jsonl.zst")) else {
            continue;
        };
        let mut samples = Vec::new();
        for line in JsonlReader::<serde_json::Value>::open(&path)? {
            let line = line?;
            let number = |field: &str| line[field].as_f64().unwrap_or(f64::NAN);
            samples.push(SeriesSample {
                at_s: number("at_us") / 1e6,
                value: number("value"),
            });
        }
        series.push(SeriesReport {
            name: name.to_owned(),
            what: String::new(),
            unit: String::new(),
            samples,
        });
    }
    Ok(series)
}

/// Seconds since the arm's start. What happened in the lab was noted later and has its own time.
fn seconds(entry: &Entry) -> f64 {
    let noted_s = entry.data["at_us"].as_f64().unwrap_or_default() / 1e6;
    let happened = entry.data["at"]
        .as_str()
        .and_then(|at| at.parse::<Timestamp>().ok());
    happened.map_or(noted_s, |at| {
        noted_s - entry.at.duration_since(at).as_secs_f64()
    })
}

fn settings(entries: &[&Entry]) -> BTreeMap<String, String> {
    let configured = entries.iter().filter(|entry| entry.kind == "configure");
    let settings = configured.flat_map(|entry| {
        let node = entry.data["node"]
            .as_str()
            .unwrap_or_default()
            .replace('-', "_");
        let settings = entry.data["settings"].as_object().into_iter().flatten();
        settings.map(move |(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (format!("{node}.{name}"), value)
        })
    });
    settings.collect()
}

fn phases(entries: &[&Entry]) -> Vec<PhaseReport> {
    let mut phases: Vec<PhaseReport> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == "phase") {
        if let Some(name) = entry.data["begins"].as_str() {
            phases.push(PhaseReport {
                name: name.to_owned(),
                from_s: seconds(entry),
                to_s: seconds(entry),
                ended_by: String::new(),
            });
        } else if let Some(phase) = phases.last_mut() {
            phase.to_s = seconds(entry);
            phase.ended_by = entry.data["by"].as_str().unwrap_or_default().to_owned();
        }
    }
    phases
}

/// What the journal says was done, and each kill that a crash rule made.
fn actions(entries: &[&Entry], phases: &[PhaseReport]) -> Vec<ActionReport> {
    let mut crashing = None;
    let mut actions = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        let at_s = seconds(entry);
        let phase = phases.iter().rfind(|phase| phase.from_s <= at_s);
        let mut act = |action: &str, target: &str, proof: &str| {
            actions.push(ActionReport {
                at_s,
                until_s: ready_again(&entries[n..], target),
                phase: phase.map_or_else(String::new, |phase| phase.name.clone()),
                action: action.to_owned(),
                target: target.to_owned(),
                proof: proof.to_owned(),
            });
        };
        let event = &entry.data["event"];
        match (entry.kind.as_str(), event["kind"].as_str()) {
            ("action", _) => {
                let does = entry.data["does"].as_str().unwrap_or_default();
                match does.split_once(' ') {
                    Some(("crash", _)) | None => {}
                    Some((action, target)) if action.starts_with("broker.") => {
                        act(action, &format!("kafka-{target}"), "see the journal");
                    }
                    Some((action, target)) => act(action, target, "see the journal"),
                }
            }
            ("lab", Some("crash_point")) => crashing = event["pid"].as_u64(),
            ("lab", Some("exited")) if crashing.is_some() && crashing == event["pid"].as_u64() => {
                let node = entry.data["node"].as_str().unwrap_or_default();
                act(
                    "crash",
                    node,
                    &format!("pid {} ended by signal 9", event["pid"]),
                );
            }
            _ => {}
        }
    }
    actions
}

/// When a node answered again.
fn ready_again(later: &[&Entry], node: &str) -> Option<f64> {
    let ready = later.iter().find(|entry| {
        entry.kind == "lab" && entry.data["node"] == node && entry.data["event"]["kind"] == "ready"
    });
    ready.map(|entry| seconds(entry))
}

/// The recorded files of one arm.
struct Files {
    snapshot: PathBuf,
    histories: BTreeMap<String, PathBuf>,
}

impl Files {
    fn of(dir: &Path) -> std::io::Result<Self> {
        let mut histories = BTreeMap::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let load = name
                .strip_prefix("history-")
                .and_then(|name| name.strip_suffix(".jsonl.zst"));
            if let Some(load) = load {
                histories.insert(load.to_owned(), path.clone());
            }
        }
        let snapshot = dir.join("snapshot.jsonl.zst");
        Ok(Self {
            snapshot,
            histories,
        })
    }
}

impl Recording for Files {
    type Error = JsonlError;

    fn loads(&self) -> Vec<String> {
        self.histories.keys().cloned().collect()
    }

    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, JsonlError>>, JsonlError> {
        JsonlReader::open(&self.histories[load])
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, JsonlError>>, JsonlError> {
        JsonlReader::open(&self.snapshot)
    }
}
