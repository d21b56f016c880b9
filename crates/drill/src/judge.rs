//! Judges one arm from its recorded files, and the judge itself by falsified copies of them.

use std::path::{Path, PathBuf};

use rlab_evidence::{
    ArmEvidence, ControlOutcome, Expectation, JsonlError, JsonlReader, LatencyRecorder,
    LatencySummary, Must, Truth,
};
use rlab_ledger::account::{Window, account, account_watching};
use rlab_ledger::{Accounting, Control, ControlError, ControlKind, Fact, Operation};
use rlab_runbook::{Expression, Resolved, ResolvedArm, Value, ValueRef};
use std::collections::HashMap;

use crate::error::DrillError;
use crate::values::Values;

/// Where an arm's recorded files are and what was sampled beside them.
pub(crate) struct Case<'a> {
    pub drill: &'a Resolved,
    pub arm: &'a str,
    pub setup: &'a ResolvedArm,
    pub history: PathBuf,
    pub snapshot: PathBuf,
    pub windows: &'a [Window],
    pub sampled: &'a HashMap<ValueRef, Value>,
    pub drained: bool,
    pub seed: u64,
}

/// What judging an arm gives.
pub(crate) struct Judged {
    pub evidence: ArmEvidence,
    pub accounting: Accounting,
    pub latency: LatencySummary,
}

impl Case<'_> {
    /// Judges the arm. Reads its files several times; blocks.
    pub fn judge(&self) -> Result<Judged, DrillError> {
        let accounting = account(self.operations()?, self.facts()?, self.windows)?;
        let mut latency = LatencyRecorder::new(self.windows);
        for operation in self.operations()? {
            latency.record(&operation?);
        }
        let latency = latency.summary();
        let load = self.drill.load.keys().next().map_or("", String::as_str);
        let values = Values {
            sampled: self.sampled,
            load,
            accounting: &accounting,
            drained: self.drained,
            latency: &latency,
        };
        let see = |list: &[Expression]| list.iter().map(|e| observed(e, &values)).collect();
        let expect = &self.drill.expect;
        let own = expect.arms.get(self.arm).map_or(&[][..], Vec::as_slice);
        let evidence = ArmEvidence {
            name: self.arm.to_owned(),
            must: match self.setup.must {
                rlab_runbook::Must::ShowFailure => Must::ShowFailure,
                rlab_runbook::Must::Hold => Must::Hold,
                rlab_runbook::Must::Measure => Must::Measure,
            },
            landed: see(&expect.landed),
            traffic: see(&expect.traffic),
            expectations: see(own),
            controls: self.controls()?,
        };
        Ok(Judged {
            evidence,
            accounting,
            latency,
        })
    }

    fn controls(&self) -> Result<Vec<ControlOutcome>, DrillError> {
        let names = self.drill.controls.iter().map(|c| c.name());
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
        let control = match Control::prepare(kind, self.operations()?, self.facts()?, self.seed) {
            Ok(control) => control,
            Err(ControlError::Read(error)) => return Err(error.into()),
            Err(error) => return Ok(outcome(false, error.to_string())),
        };
        let falsified = control.apply(self.facts()?);
        let watched = [control.must_name()];
        let judged = account_watching(self.operations()?, falsified, self.windows, &watched)?;
        let caught = control.caught(&judged);
        let word = if caught { "named" } else { "missed" };
        Ok(outcome(
            caught,
            format!("{word} event {}", control.must_name()),
        ))
    }

    fn operations(
        &self,
    ) -> Result<impl Iterator<Item = Result<Operation, JsonlError>>, DrillError> {
        whole(&self.history)
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, JsonlError>>, DrillError> {
        whole(&self.snapshot)
    }
}

fn whole<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<T, JsonlError>> + use<T>, DrillError> {
    Ok(JsonlReader::open(path)?)
}

fn observed(expression: &Expression, values: &Values<'_>) -> Expectation {
    let seen = expression.observe(&|value: &ValueRef| values.get(value));
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
