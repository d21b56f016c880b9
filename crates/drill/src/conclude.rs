//! The verdict over all legs, and what must hold between arms.

use rlab_evidence::report::LoadReport;
use rlab_evidence::{ArmEvidence, Must, Outcome, Verdict, decide};
use rlab_ledger::Accounting;
use rlab_runbook::{Resolved, Value, ValueRef};

use crate::judge::expectation;
use crate::leg::Leg;
use crate::measured::Measured;
use crate::values::Values;

/// Name under which the comparisons stand beside the arms.
const BETWEEN: &str = "between arms";

/// All that is known of a leg that has run.
pub(crate) struct Told<'a> {
    pub leg: &'a Leg,
    pub accounting: &'a Accounting,
    pub loads: &'a [LoadReport],
    pub measured: &'a Measured,
}

impl Told<'_> {
    /// One value of it; none where there is no data.
    pub fn value(&self, value: &ValueRef) -> Option<Value> {
        let values = Values {
            sampled: &self.measured.sampled(),
            loads: self.loads,
            accounting: self.accounting,
            drained: self.measured.drained,
        };
        values.get(value)
    }
}

/// What a drill comes to.
pub(crate) struct Conclusion {
    pub verdict: Verdict,
    /// What was compared between arms, once for each case.
    pub between: Vec<ArmEvidence>,
}

/// Decides a drill from the evidence of its legs and from what must hold between arms. Arms that
/// were not run leave it undecided.
pub(crate) fn conclude(
    drill: &Resolved,
    evidence: &[ArmEvidence],
    told: &[Told<'_>],
) -> Conclusion {
    let between = between(told);
    let mut verdict = decide(&[evidence, &between].concat());
    if let Some(left_out) = left_out(drill) {
        verdict = verdict.merge(left_out);
    }
    Conclusion { verdict, between }
}

/// The comparisons of every case, as something that must hold.
fn between(told: &[Told<'_>]) -> Vec<ArmEvidence> {
    let same_case = |a: &Told<'_>, b: &Told<'_>| a.leg.case == b.leg.case;
    let cases = told.chunk_by(same_case);
    cases.filter_map(between_arms).collect()
}

/// The comparisons between the arms of one case; none if nothing is compared. Of an arm that was
/// not run nothing is known.
fn between_arms(arms: &[Told<'_>]) -> Option<ArmEvidence> {
    let leg = arms.first()?.leg;
    let lookup = |arm: &str, value: &ValueRef| {
        let told = arms.iter().find(|told| told.leg.arm == arm)?;
        told.value(value)
    };
    let compared = leg.drill.expect.compare.iter();
    let expectations: Vec<_> = compared.map(|c| expectation(c.observe(&lookup))).collect();
    let name = leg.case.as_ref().map(|case| format!("{BETWEEN}, {case}"));
    (!expectations.is_empty()).then(|| ArmEvidence {
        name: name.unwrap_or_else(|| BETWEEN.to_owned()),
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
        .map(String::as_str)
        .filter(|name| !drill.arms.contains_key(*name))
        .collect();
    (!names.is_empty()).then(|| Verdict {
        outcome: Outcome::Unknown,
        reasons: vec![format!("arms that were not run: {}", names.join(", "))],
    })
}
