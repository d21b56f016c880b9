//! The verdict over all arms, and what must hold between them.

use rlab_evidence::report::LoadReport;
use rlab_evidence::{ArmEvidence, Must, Outcome, Verdict, decide};
use rlab_ledger::Accounting;
use rlab_runbook::{Resolved, Value, ValueRef};

use crate::judge::expectation;
use crate::measured::Measured;
use crate::values::Values;

/// Name under which the comparisons stand beside the arms.
const BETWEEN: &str = "between arms";

/// All that is known of an arm that has run.
pub(crate) struct Told<'a> {
    pub arm: &'a str,
    pub accounting: &'a Accounting,
    pub loads: &'a [LoadReport],
    pub measured: &'a Measured,
}

impl Told<'_> {
    fn value(&self, value: &ValueRef) -> Option<Value> {
        let values = Values {
            sampled: &self.measured.sampled(),
            loads: self.loads,
            accounting: self.accounting,
            drained: self.measured.drained,
        };
        values.get(value)
    }
}

/// Decides a drill from the evidence of its arms and from what must hold between them; returns
/// that beside the verdict. Arms that were not run leave it undecided.
pub(crate) fn conclude(
    drill: &Resolved,
    mut evidence: Vec<ArmEvidence>,
    told: &[Told<'_>],
) -> (Verdict, Vec<ArmEvidence>) {
    evidence.extend(between(drill, told));
    let mut verdict = decide(&evidence);
    if let Some(left_out) = left_out(drill) {
        verdict = verdict.merge(left_out);
    }
    (verdict, evidence)
}

/// The comparisons of a drill, as something that must hold; none if it has none. Of an arm that was
/// not run nothing is known.
fn between(drill: &Resolved, arms: &[Told<'_>]) -> Option<ArmEvidence> {
    let lookup = |arm: &str, value: &ValueRef| {
        let told = arms.iter().find(|told| told.arm == arm)?;
        told.value(value)
    };
    let compared = drill.expect.compare.iter();
    let expectations: Vec<_> = compared.map(|c| expectation(c.observe(&lookup))).collect();
    (!expectations.is_empty()).then(|| ArmEvidence {
        name: BETWEEN.to_owned(),
        must: Must::Hold,
        landed: Vec::new(),
        traffic: Vec::new(),
        expectations,
        controls: Vec::new(),
    })
}

/// Without every arm nothing is shown: a right arm proves little when the wrong one was not seen
/// to fail under the same load and faults.
fn left_out(drill: &Resolved) -> Option<Verdict> {
    let names: Vec<&str> = drill
        .expect
        .arms
        .keys()
        .filter(|name| !drill.arms.contains_key(*name))
        .map(String::as_str)
        .collect();
    (!names.is_empty()).then(|| Verdict {
        outcome: Outcome::Unknown,
        reasons: vec![format!("arms that were not run: {}", names.join(", "))],
    })
}
