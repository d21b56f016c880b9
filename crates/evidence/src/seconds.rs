//! How a load was answered in each second of the run.

use rlab_ledger::Operation;
use serde::{Deserialize, Serialize};

use crate::buckets::Buckets;

const SECOND_US: u64 = 1_000_000;
/// A day of seconds; a later time is not from this run.
const MAX_SECONDS: u64 = 86_400;

/// One second of a load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Proper answers that arrived in it.
    pub answered: u64,
    /// Refusals that arrived in it.
    pub refused: u64,
    /// Questions sent in it that never had a usable answer.
    pub unknown: u64,
    /// Median of the corrected latency, in µs, of the questions that were due in it and were
    /// properly answered, whenever that was; none if there was none.
    pub p50_us: Option<u64>,
    /// The 99th percentile of the same.
    pub p99_us: Option<u64>,
    /// The longest of the same.
    pub max_us: Option<u64>,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// What was asked for was done or told.
    Answered,
    /// The service said that it would not.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// Collects the seconds of one load; operations may come in any order.
#[derive(Debug, Default)]
pub(crate) struct Seconds(Vec<Open>);

#[derive(Debug, Default)]
struct Open {
    counts: Second,
    latencies: Buckets,
}

impl Seconds {
    /// Takes in one operation that ended so.
    pub fn record(&mut self, operation: &Operation, end: End) {
        let ended_us = operation.answered_us.unwrap_or(operation.sent_us);
        match end {
            End::Answered => {
                self.at(ended_us).counts.answered += 1;
                if let Some(latency) = operation.corrected_latency_us() {
                    self.at(operation.intended_us).latencies.record(latency);
                }
            }
            End::Refused => self.at(ended_us).counts.refused += 1,
            End::Unknown => self.at(operation.sent_us).counts.unknown += 1,
        }
    }

    /// Every second from the first of the run to the last in which something was.
    pub fn summary(&self) -> Vec<Second> {
        let closed = |open: &Open| Second {
            p50_us: open.latencies.quantile(0.50),
            p99_us: open.latencies.quantile(0.99),
            max_us: open.latencies.max(),
            ..open.counts.clone()
        };
        self.0.iter().map(closed).collect()
    }

    fn at(&mut self, at_us: u64) -> &mut Open {
        let index = (at_us / SECOND_US).min(MAX_SECONDS) as usize;
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Open::default);
        }
        &mut self.0[index]
    }
}
