//! What expectations may speak of, once the ledger has been judged.

use std::collections::HashMap;

use rlab_evidence::LatencySummary;
use rlab_ledger::Accounting;
use rlab_runbook::{Value, ValueRef};

/// Every value of one arm.
pub(crate) struct Values<'a> {
    /// Sampled while the arm ran.
    pub sampled: &'a HashMap<ValueRef, Value>,
    /// Name of its load.
    pub load: &'a str,
    /// What became of every command.
    pub accounting: &'a Accounting,
    /// Whether the pipeline was drained before the snapshot: without it a command that is still
    /// on its way cannot be told from a lost one.
    pub drained: bool,
    /// What users felt.
    pub latency: &'a LatencySummary,
}

impl Values<'_> {
    /// The value, or `None` where there is no data.
    pub fn get(&self, wanted: &ValueRef) -> Option<Value> {
        if let Some(value) = self.sampled.get(wanted) {
            return Some(*value);
        }
        let (group, name) = wanted.name.split_once('.')?;
        let number = match (group, wanted.phase.as_deref()) {
            ("ledger", phase) => self.ledger(name, phase),
            (load, phase) if load == self.load => self.load(name, phase),
            _ => None,
        };
        number.map(Value::Number)
    }

    fn ledger(&self, name: &str, phase: Option<&str>) -> Option<f64> {
        let accounting = self.accounting;
        let count = match (name, phase) {
            ("obligations", phase) => return self.obligations(phase),
            _ if !self.drained => return None,
            ("lost", None) => accounting.lost.count,
            ("lost", Some(phase)) => accounting.window(phase)?.lost,
            ("effect_twice", None) => accounting.effect_twice.count,
            ("reordered", None) => accounting.reordered.count,
            ("committed_unacknowledged", None) => accounting.committed_unacknowledged,
            ("unknown_event", None) => accounting.unknown_event.count,
            _ => return None,
        };
        Some(count as f64)
    }

    fn obligations(&self, phase: Option<&str>) -> Option<f64> {
        let count = match phase {
            None => self.accounting.obligations,
            Some(phase) => self.accounting.window(phase)?.obligations,
        };
        Some(count as f64)
    }

    fn load(&self, name: &str, phase: Option<&str>) -> Option<f64> {
        let quantiles = match phase {
            None => &self.latency.overall,
            Some(phase) => self.latency.window(phase)?,
        };
        let ms = |us: Option<u64>| us.map(|us| us as f64 / 1_000.0);
        match (name, phase) {
            ("obligations", phase) => self.obligations(phase),
            ("acknowledged", _) => Some(quantiles.acknowledged as f64),
            ("unknown", None) => Some(self.accounting.unknown as f64),
            ("refused", None) => Some(self.accounting.refused as f64),
            ("ok_ratio", _) if quantiles.operations > 0 => {
                Some(quantiles.acknowledged as f64 / quantiles.operations as f64)
            }
            ("p50_ms", _) => ms(quantiles.p50_us),
            ("p99_ms", _) => ms(quantiles.p99_us),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rlab_evidence::LatencyRecorder;
    use rlab_ledger::{Operation, account};

    use super::*;

    fn lost(drained: bool) -> Option<Value> {
        let none: [Result<Operation, std::io::Error>; 0] = [];
        let accounting = account(none, [], &[]).unwrap();
        let latency = LatencyRecorder::new(&[]).summary();
        let values = Values {
            sampled: &HashMap::new(),
            load: "orders",
            accounting: &accounting,
            drained,
            latency: &latency,
        };
        values.get(&ValueRef {
            name: "ledger.lost".into(),
            phase: None,
        })
    }

    #[test]
    fn nothing_is_called_lost_while_commands_may_still_be_on_their_way() {
        assert_eq!(lost(false), None);
        assert_eq!(lost(true), Some(Value::Number(0.0)));
    }
}
