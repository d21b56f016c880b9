//! Judges one leg from its recorded files, and the judge itself by falsified copies of them.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rlab_evidence::report::LoadReport;
use rlab_evidence::{
    ArmEvidence, ControlOutcome, Expectation, JsonlError, JsonlReader, LatencyRecorder, Must,
    RunDir, Truth,
};
use rlab_ledger::{
    Accounting, Control, ControlError, ControlKind, Fact, Operation, Recording, Subject, Terms,
    account,
};
use rlab_runbook::{Expression, Observation, ValueRef};

use crate::error::DrillError;
use crate::leg::Leg;
use crate::measured::Measured;
use crate::values::Values;

/// Where a leg's recorded files are and what was sampled beside them.
pub(crate) struct Case<'a> {
    pub leg: &'a Leg,
    /// The history of each load.
    pub histories: IndexMap<String, PathBuf>,
    pub snapshot: PathBuf,
    pub measured: &'a Measured,
    pub seed: u64,
}

/// What judging a leg gives.
pub(crate) struct Judged {
    pub evidence: ArmEvidence,
    pub accounting: Accounting,
    pub loads: Vec<LoadReport>,
}

impl<'a> Case<'a> {
    /// The case of `leg`, from the files in `run_dir`.
    pub fn of(
        leg: &'a Leg,
        run_dir: &RunDir,
        measured: &'a Measured,
        seed: u64,
    ) -> Result<Self, DrillError> {
        let history = |load: &String| Ok((load.clone(), run_dir.history(&leg.name, load)?));
        Ok(Self {
            leg,
            histories: leg
                .drill
                .load
                .keys()
                .map(history)
                .collect::<Result<_, DrillError>>()?,
            snapshot: run_dir.snapshot(&leg.name)?,
            measured,
            seed,
        })
    }
}

impl Case<'_> {
    /// Judges the leg. Reads its files several times; blocks.
    pub fn judge(&self) -> Result<Judged, DrillError> {
        let accounting = account(self, &self.terms(&[]))?;
        let loads = self.histories.keys().map(|load| self.felt(load));
        let loads = loads.collect::<Result<Vec<_>, _>>()?;
        let values = Values {
            sampled: &self.measured.sampled(),
            loads: &loads,
            accounting: &accounting,
            drained: self.measured.drained,
        };
        let see = |list: &[Expression]| -> Vec<Expectation> {
            list.iter().map(|e| observed(e, &values)).collect()
        };
        let expect = &self.leg.drill.expect;
        let own = expect
            .arms
            .get(&self.leg.arm)
            .map_or(&[][..], Vec::as_slice);
        let mut landed = see(&expect.landed);
        landed.extend(self.measured.unproven());
        let evidence = ArmEvidence {
            name: self.leg.name.clone(),
            must: match self.leg.setup().must {
                rlab_runbook::Must::ShowFailure => Must::ShowFailure,
                rlab_runbook::Must::Hold => Must::Hold,
                rlab_runbook::Must::Measure => Must::Measure,
            },
            landed,
            traffic: see(&expect.traffic),
            expectations: see(own),
            controls: self.controls()?,
        };
        Ok(Judged {
            evidence,
            accounting,
            loads,
        })
    }

    fn terms<'a>(&'a self, watch: &'a [Subject]) -> Terms<'a> {
        Terms {
            windows: &self.measured.windows,
            stale_bound_us: self.stale_bound_us(),
            watch,
        }
    }

    fn stale_bound_us(&self) -> Option<u64> {
        let bound = self.leg.drill.expect.stale_after?;
        Some(bound.as_millis() * 1_000)
    }

    /// What the clients of a load felt.
    fn felt(&self, load: &str) -> Result<LoadReport, JsonlError> {
        let mut latency = LatencyRecorder::new(&self.measured.windows);
        for operation in self.history(load)? {
            latency.record(&operation?);
        }
        Ok(LoadReport {
            name: load.to_owned(),
            latency: latency.summary(),
            at_bound: self
                .measured
                .held_back
                .get(load)
                .copied()
                .unwrap_or_default(),
        })
    }

    fn controls(&self) -> Result<Vec<ControlOutcome>, DrillError> {
        let names = self.leg.drill.controls.iter().map(|c| c.name());
        names.map(|name| self.control(name)).collect()
    }

    fn control(&self, name: &str) -> Result<ControlOutcome, DrillError> {
        let outcome = |caught: bool, detail: String| ControlOutcome {
            name: name.to_owned(),
            caught,
            detail,
        };
        let Ok(kind) = name.parse::<ControlKind>() else {
            return Ok(outcome(
                false,
                "the ledger knows no such control".to_owned(),
            ));
        };
        let control = match Control::prepare(kind, self, self.stale_bound_us(), self.seed) {
            Ok(control) => control,
            Err(ControlError::Read(error)) => return Err(error.into()),
            Err(error) => return Ok(outcome(false, error.to_string())),
        };
        let watch = [control.must_name().clone()];
        let judged = account(&control.falsify(self), &self.terms(&watch))?;
        let caught = control.caught(&judged);
        let word = if caught { "named" } else { "missed" };
        let subject = match control.must_name() {
            Subject::Event(event_id) => format!("event {event_id}"),
            Subject::Item(item_id) => format!("item {item_id}"),
        };
        Ok(outcome(caught, format!("{word} {subject}")))
    }
}

impl Recording for Case<'_> {
    type Error = JsonlError;

    fn loads(&self) -> Vec<String> {
        self.histories.keys().cloned().collect()
    }

    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, JsonlError>>, JsonlError> {
        whole(&self.histories[load])
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, JsonlError>>, JsonlError> {
        whole(&self.snapshot)
    }
}

fn whole<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<T, JsonlError>> + use<T>, JsonlError> {
    JsonlReader::open(path)
}

fn observed(expression: &Expression, values: &Values<'_>) -> Expectation {
    expectation(expression.observe(&|value: &ValueRef| values.get(value)))
}

/// What was seen of an expression, as evidence.
pub(crate) fn expectation(seen: Observation) -> Expectation {
    Expectation {
        text: seen.text,
        truth: match seen.truth {
            rlab_runbook::Truth::True => Truth::True,
            rlab_runbook::Truth::False => Truth::False,
            rlab_runbook::Truth::Unknown { .. } => Truth::Unknown,
        },
        seen: seen.seen,
    }
}
