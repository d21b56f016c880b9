//! What an arm's judgement needs beside its history and snapshot, as the journal keeps it.

use std::collections::{BTreeMap, HashMap};

use rlab_evidence::{Expectation, Truth};
use rlab_ledger::Window;
use rlab_runbook::{Value, ValueRef};
use serde::{Deserialize, Serialize};

/// Kind of the journal's entry with a [`Measured`] of each arm.
pub(crate) const ENTRY: &str = "measured";

/// Measured while an arm ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The phases, in µs since the arm's start.
    pub windows: Vec<Window>,
    /// Values sampled, in the order of their names.
    sampled: Vec<Sample>,
    /// Whether the pipeline was drained before the snapshot.
    pub drained: bool,
    /// How often each load could send nothing because too many answers were outstanding.
    pub held_back: BTreeMap<String, u64>,
    /// Faults that are not proven to have happened, and why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unproven: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sample {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Seen {
    Bool(bool),
    Number(f64),
}

impl Measured {
    pub fn new(
        windows: Vec<Window>,
        sampled: &HashMap<ValueRef, Value>,
        drained: bool,
        held_back: BTreeMap<String, u64>,
    ) -> Self {
        let mut sampled: Vec<Sample> = sampled.iter().map(Sample::of).collect();
        sampled.sort_by(|a, b| (&a.name, &a.phase).cmp(&(&b.name, &b.phase)));
        Self {
            windows,
            sampled,
            drained,
            held_back,
            unproven: Vec::new(),
        }
    }

    /// The same with faults that are not proven to have happened, and why not.
    pub fn with_unproven(self, unproven: Vec<(String, String)>) -> Self {
        Self { unproven, ..self }
    }

    /// Faults without proof, as what should have landed: whatever else is seen, nothing is shown then.
    pub fn unproven(&self) -> impl Iterator<Item = Expectation> {
        self.unproven.iter().map(|(what, why)| Expectation {
            text: what.clone(),
            truth: Truth::Unknown,
            seen: vec![("proof".to_owned(), why.clone())],
        })
    }

    /// The sampled values by name and phase.
    pub fn sampled(&self) -> HashMap<ValueRef, Value> {
        self.sampled.iter().map(Sample::value).collect()
    }
}

impl Sample {
    fn of((value, seen): (&ValueRef, &Value)) -> Self {
        Self {
            name: value.name.clone(),
            phase: value.phase.clone(),
            seen: match *seen {
                Value::Bool(seen) => Seen::Bool(seen),
                Value::Number(seen) => Seen::Number(seen),
            },
        }
    }

    fn value(&self) -> (ValueRef, Value) {
        let value = ValueRef {
            name: self.name.clone(),
            phase: self.phase.clone(),
        };
        let seen = match self.seen {
            Seen::Bool(seen) => Value::Bool(seen),
            Seen::Number(seen) => Value::Number(seen),
        };
        (value, seen)
    }
}

#[cfg(test)]
mod tests {
    use rlab_evidence::{ArmEvidence, Must, Outcome, decide};

    use super::*;

    #[test]
    fn what_was_sampled_survives_the_journal() {
        let value = |name: &str, phase: Option<&str>| ValueRef {
            name: name.to_owned(),
            phase: phase.map(str::to_owned),
        };
        let sampled = HashMap::from([
            (value("isr", Some("out")), Value::Number(2.0)),
            (value("isr", None), Value::Number(3.0)),
            (value("pipeline.drained", None), Value::Bool(true)),
        ]);
        let measured = Measured::new(Vec::new(), &sampled, true, BTreeMap::new());
        let text = serde_json::to_string(&measured).unwrap();
        let read: Measured = serde_json::from_str(&text).unwrap();
        assert_eq!(read, measured);
        assert_eq!(read.sampled(), sampled);
    }

    #[test]
    fn a_fault_without_proof_leaves_an_arm_undecided_that_met_every_expectation() {
        let why = "no event within 600 s".to_owned();
        let measured = Measured::new(Vec::new(), &HashMap::new(), true, BTreeMap::new());
        let measured = measured.with_unproven(vec![("failover redis is proven".to_owned(), why)]);
        let text = serde_json::to_string(&measured).unwrap();
        let measured: Measured = serde_json::from_str(&text).unwrap();
        let met = Expectation {
            text: "ledger.lost == 0".to_owned(),
            truth: Truth::True,
            seen: Vec::new(),
        };
        let arm = ArmEvidence {
            name: "correct".to_owned(),
            must: Must::Hold,
            landed: vec![met.clone()],
            traffic: vec![met.clone()],
            expectations: vec![met],
            controls: Vec::new(),
        };
        assert_eq!(decide(std::slice::from_ref(&arm)).outcome, Outcome::Held);
        let landed = arm.landed.iter().cloned().chain(measured.unproven());
        let unproven = ArmEvidence {
            landed: landed.collect(),
            ..arm
        };
        let verdict = decide(&[unproven]);
        assert_eq!(verdict.outcome, Outcome::Unknown);
        assert!(
            verdict.reasons[0].contains("no event within 600 s"),
            "{verdict:?}"
        );
    }
}
