//! What the judge takes: time and memory to account for a clean run of many events.

use std::convert::Infallible;
use std::time::Instant;

use procfs::process::Process;
use rlab_ledger::{
    CommandAnswer, Exchange, Fact, Operation, OutboxState, Published, ReadAnswer, Recording,
    Served, Terms, Upgrade, UpgradeOutcome, account,
};
use serde::Serialize;
use uuid::Uuid;

use crate::tool::BenchError;

/// Events of each item.
const PER_ITEM: u64 = 50;
/// One read for so many commands.
const READ_EVERY: u64 = 4;
const PARTITIONS: u64 = 6;
const SECOND_US: u64 = 1_000_000;
/// Odd, so that no two ids are the same; with about as many ones as zeros, so that they spread.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
const UPGRADE: Upgrade = Upgrade {
    outcome: UpgradeOutcome::Success,
    cost: 3,
};

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerReport {
    /// Always `rlab/bench-ledger/v1`.
    pub schema: &'static str,
    /// Events accounted for.
    pub events: u64,
    /// Lines read: commands, reads and facts.
    pub lines: u64,
    /// From the first line to the accounting, seconds; making the lines is in it.
    pub took_s: f64,
    /// Events accounted for in a second.
    pub events_per_s: f64,
    /// Memory of this program before, MB (10⁶ bytes).
    pub rss_before_mb: f64,
    /// The most it had at any time, MB.
    pub rss_peak_mb: f64,
    /// What each event took of it, bytes.
    pub bytes_per_event: f64,
}

/// Accounts for a synthetic run of `events` events.
pub fn measure(events: u64) -> Result<LedgerReport, BenchError> {
    let run = Synthetic { events };
    let before = Process::myself()?.status()?.vmrss.unwrap_or_default();
    let terms = Terms {
        stale_bound_us: Some(SECOND_US),
        ..Terms::default()
    };
    let begun = Instant::now();
    let Ok(accounting) = account(&run, &terms);
    let took_s = begun.elapsed().as_secs_f64();
    let peak = Process::myself()?.status()?.vmhwm.unwrap_or_default();
    let seen = (accounting.obligations, accounting.effective);
    if !accounting.is_clean() || seen != (events, events) {
        let refused = BenchError::of("the clean run");
        return Err(refused(format!("accused: {:?}", accounting.found())));
    }
    let mb = |kib: u64| kib as f64 * 1_024.0 / 1e6;
    Ok(LedgerReport {
        schema: "rlab/bench-ledger/v1",
        events,
        lines: accounting.commands + accounting.reads + 4 * events + 2 * accounting.items,
        took_s,
        events_per_s: events as f64 / took_s,
        rss_before_mb: mb(before),
        rss_peak_mb: mb(peak),
        bytes_per_event: peak.saturating_sub(before) as f64 * 1_024.0 / events as f64,
    })
}

/// For people.
pub fn lines(report: &LedgerReport) -> String {
    format!(
        "{} events ({} lines) in {:.1} s: {:.0} events/s\n\
         memory {:.0} MB before, {:.0} MB at its peak: {:.0} bytes per event",
        report.events,
        report.lines,
        report.took_s,
        report.events_per_s,
        report.rss_before_mb,
        report.rss_peak_mb,
        report.bytes_per_event
    )
}

/// A run that is made line by line, as often as it is read.
struct Synthetic {
    events: u64,
}

impl Synthetic {
    fn items(&self) -> u64 {
        self.events.div_ceil(PER_ITEM)
    }

    /// How many events an item has.
    fn of_item(&self, item: u64) -> u64 {
        let (each, more) = (self.events / self.items(), self.events % self.items());
        each + u64::from(item < more)
    }

    fn published(&self, n: u64) -> Published {
        Published {
            event_id: id(n, 1),
            item_id: key(n % self.items()),
            sequence: n / self.items() + 1,
            partition: i32::try_from(n % self.items() % PARTITIONS).unwrap_or_default(),
            offset: i64::try_from(n).unwrap_or_default(),
            command_id: id(n, 2),
            outcome: UPGRADE.outcome,
            cost: UPGRADE.cost,
            level_delta: 1,
        }
    }

    fn operation(&self, n: u64, exchange: Exchange) -> Operation {
        Operation {
            key: key(n % self.items()),
            intended_us: n,
            sent_us: n,
            answered_us: Some(n + 1),
            exchange,
        }
    }

    fn exchanges(&self, n: u64) -> impl Iterator<Item = Operation> {
        let record = self.published(n);
        let version = record.sequence;
        let command = Exchange::Command {
            command_id: record.command_id,
            upgrade: UPGRADE,
            answer: CommandAnswer::Acknowledged {
                event_id: record.event_id,
                sequence: version,
            },
        };
        let served = Some(Served::Hit);
        let answer = ReadAnswer::Found { version, served };
        let read = n
            .is_multiple_of(READ_EVERY)
            .then_some(Exchange::Read { answer });
        let both = std::iter::once(command).chain(read);
        both.map(move |exchange| self.operation(n, exchange))
    }

    fn of_event(&self, n: u64, kind: usize) -> Fact {
        let record = self.published(n);
        let (event_id, item_id, sequence) =
            (record.event_id, record.item_id.clone(), record.sequence);
        match kind {
            0 => Fact::Committed {
                command_id: record.command_id,
                event_id,
                item_id,
                sequence,
            },
            1 => Fact::Outbox {
                event_id,
                item_id,
                sequence,
                state: OutboxState::Settled,
            },
            2 => Fact::Effect {
                position: n,
                event_id,
                item_id,
                sequence,
                level_delta: record.level_delta,
                cost: record.cost,
            },
            _ => Fact::Published(record),
        }
    }

    fn of_items(&self, item: u64) -> [Fact; 2] {
        let version = self.of_item(item);
        let row = Fact::ReadModel {
            item_id: key(item),
            version,
            level: i64::try_from(version).unwrap_or_default(),
            spent: version * u64::from(UPGRADE.cost),
        };
        let cached = Fact::Cached {
            item_id: key(item),
            version,
            asked_us: 2 * SECOND_US,
        };
        [row, cached]
    }
}

impl Recording for Synthetic {
    type Error = Infallible;

    fn loads(&self) -> Vec<String> {
        vec!["orders".to_owned()]
    }

    fn history(
        &self,
        _: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, Infallible>>, Infallible> {
        Ok((0..self.events).flat_map(|n| self.exchanges(n)).map(Ok))
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, Infallible>>, Infallible> {
        let kind = move |kind| (0..self.events).map(move |n| self.of_event(n, kind));
        let items = (0..self.items()).flat_map(|item| self.of_items(item));
        Ok((0..4).flat_map(kind).chain(items).map(Ok))
    }
}

fn key(item: u64) -> String {
    format!("rlab-bench-0123abcd-{item}")
}

fn id(n: u64, kind: u128) -> Uuid {
    Uuid::from_u128((u128::from(n) * 4 + kind).wrapping_mul(SPREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_synthetic_run_is_clean_whatever_its_size() {
        for events in [1, 49, 1_000, 1_237] {
            let report = measure(events).unwrap();
            assert_eq!(report.events, events);
            assert!(report.lines > 5 * events, "{report:?}");
            assert!(lines(&report).contains(&format!("{events} events")));
        }
    }
}
