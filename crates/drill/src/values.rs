//! What expectations may speak of, once the ledger has been judged.

use std::collections::HashMap;

use rlab_evidence::report::LoadReport;
use rlab_ledger::{Accounting, NumberAccount};
use rlab_runbook::{Value, ValueRef};

/// Every value of one arm.
pub(crate) struct Values<'a> {
    /// Sampled while the arm ran.
    pub sampled: &'a HashMap<ValueRef, Value>,
    /// What the clients of each load felt.
    pub loads: &'a [LoadReport],
    /// What became of every command.
    pub accounting: &'a Accounting,
    /// Whether the pipeline was drained before the snapshot: without it a command that is still
    /// on its way cannot be told from a lost one.
    pub drained: bool,
}

impl Values<'_> {
    /// The value, or `None` where there is no data.
    pub fn get(&self, wanted: &ValueRef) -> Option<Value> {
        if let Some(value) = self.sampled.get(wanted) {
            return Some(*value);
        }
        let (group, name) = wanted.name.split_once('.')?;
        let phase = wanted.phase.as_deref();
        let number = match (group, name) {
            ("ledger", _) => self.ledger(name, phase),
            (load, "lost") => self.lost_numbers(load, phase),
            (load, "lost_reported") => return self.lost_reported(load).map(Value::Bool),
            (load, _) => self.load(load, name, phase),
        };
        number.map(Value::Number)
    }

    fn ledger(&self, name: &str, phase: Option<&str>) -> Option<f64> {
        let accounting = self.accounting;
        let count = match (name, phase) {
            ("obligations", None) => accounting.obligations,
            ("obligations", Some(phase)) => accounting.window(phase)?.obligations,
            _ if !self.drained => return None,
            ("lost", None) => accounting.lost.count,
            ("lost", Some(phase)) => accounting.window(phase)?.lost,
            (_, Some(_)) => return None,
            ("committed_unacknowledged", None) => accounting.committed_unacknowledged,
            ("outbox_orphan", None) => accounting.outbox_orphan.count,
            ("duplicate_publish", None) => accounting.duplicate_publish.count,
            ("effect_twice", None) => accounting.effect_twice.count,
            ("unknown_event", None) => accounting.unknown_event.count,
            ("reordered", None) => accounting.reordered.count,
            ("altered_payload", None) => accounting.altered_payload.count,
            ("read_model_differs", None) => accounting.read_model_differs.count,
            ("stale_cache", None) => self.stale_cache()?,
            ("sequence_gap", None) => accounting.sequence_gap.count,
            ("parked", None) => accounting.parked(),
            _ => return None,
        };
        Some(count as f64)
    }

    /// That nothing was stale is known only when there was a bound and every item was read.
    fn stale_cache(&self) -> Option<u64> {
        let accounting = self.accounting;
        let judged = accounting.stale_bound_us.is_some() && accounting.swept >= accounting.items;
        let count = accounting.stale_cache.count;
        (judged || count > 0).then_some(count)
    }

    fn load(&self, load: &str, name: &str, phase: Option<&str>) -> Option<f64> {
        let felt = self.loads.iter().find(|felt| felt.name == load)?;
        let answers = match phase {
            None => &felt.latency.overall,
            Some(phase) => felt.latency.window(phase)?,
        };
        let ms = |us: Option<u64>| us.map(|us| us as f64 / 1_000.0);
        let count = match name {
            "obligations" => self.obligations(load, phase)?,
            "acknowledged" => answers.acknowledged,
            "reads" | "attempts" => answers.asked,
            "peak" => answers.busiest_second,
            "found" => answers.found,
            "not_found" => answers.not_found,
            "refused" => answers.refused,
            "unknown" => answers.unknown,
            "ok_ratio" => return answers.ok_ratio(),
            "hit_ratio" => return answers.hit_ratio(),
            "p50_ms" => return ms(answers.p50_us),
            "p99_ms" => return ms(answers.p99_us),
            "gap_ms" => return ms(answers.longest_gap_us),
            _ => return None,
        };
        Some(count as f64)
    }

    /// Unknown while there are keys that nobody looked at.
    fn lost_numbers(&self, load: &str, phase: Option<&str>) -> Option<f64> {
        let account = self.numbers(load).filter(|account| account.unseen == 0)?;
        let lost = match phase {
            None => account.lost,
            Some(phase) => account.lost_in(phase)?,
        };
        Some(lost as f64)
    }

    fn lost_reported(&self, load: &str) -> Option<bool> {
        let account = self.numbers(load)?;
        Some(account.acknowledged > 0 && account.unseen == 0)
    }

    fn numbers(&self, load: &str) -> Option<&NumberAccount> {
        let all = &self.accounting.numbers;
        all.iter().find(|account| account.name == load)
    }

    /// A load that never sent a command has no account, and no obligation.
    fn obligations(&self, load: &str, phase: Option<&str>) -> Option<u64> {
        let Some(account) = self.accounting.load(load) else {
            return Some(0);
        };
        match phase {
            None => Some(account.obligations),
            Some(phase) => Some(account.window(phase)?.obligations),
        }
    }
}

#[cfg(test)]
mod tests {
    use rlab_evidence::LatencySummary;
    use rlab_runbook::{Kind, LoadKind, Unit, VALUES};

    use super::*;

    fn value(name: &str, accounting: &Accounting, drained: bool) -> Option<Value> {
        let felt = LoadReport {
            name: "orders".to_owned(),
            latency: LatencySummary::default(),
            at_bound: 0,
        };
        let values = Values {
            sampled: &HashMap::new(),
            loads: &[felt],
            accounting,
            drained,
        };
        values.get(&ValueRef {
            name: name.to_owned(),
            phase: None,
        })
    }

    #[test]
    fn nothing_is_called_lost_while_commands_may_still_be_on_their_way() {
        let accounting = Accounting::default();
        for name in ["ledger.lost", "ledger.reordered", "ledger.parked"] {
            assert_eq!(value(name, &accounting, false), None);
            assert_eq!(value(name, &accounting, true), Some(Value::Number(0.0)));
        }
    }

    #[test]
    fn every_count_that_a_runbook_may_speak_of_is_known_after_a_judged_run() {
        let accounting = Accounting {
            stale_bound_us: Some(1),
            ..Accounting::default()
        };
        let judged = VALUES.iter().filter(|spec| !spec.live());
        let of_loads = [LoadKind::Commands, LoadKind::Reads].map(LoadKind::values);
        let counts = of_loads
            .iter()
            .copied()
            .flatten()
            .filter(|spec| spec.built && spec.kind == Kind::Number(Unit::Count));
        let names = judged
            .map(|spec| spec.name.to_owned())
            .chain(counts.map(|spec| format!("orders.{}", spec.name)));
        for name in names {
            let found = value(&name, &accounting, true);
            assert_eq!(found, Some(Value::Number(0.0)), "{name}");
        }
        assert_eq!(value("orders.p99_ms", &accounting, true), None);
        assert_eq!(value("others.unknown", &accounting, true), None);
    }

    #[test]
    fn that_nothing_is_stale_needs_a_bound_and_a_whole_sweep_but_one_stale_read_is_enough() {
        let mut accounting = Accounting {
            items: 2,
            swept: 1,
            stale_bound_us: Some(1),
            ..Accounting::default()
        };
        assert_eq!(value("ledger.stale_cache", &accounting, true), None);
        accounting.stale_cache.count = 1;
        let found = value("ledger.stale_cache", &accounting, true);
        assert_eq!(found, Some(Value::Number(1.0)));
        let unbounded = Accounting::default();
        assert_eq!(value("ledger.stale_cache", &unbounded, true), None);
    }
}
