//! What an arm's judgement needs beside its history and snapshot, as the journal keeps it.

use std::collections::{BTreeMap, HashMap};

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
        }
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
}
