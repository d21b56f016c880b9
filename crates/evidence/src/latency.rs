//! Latency as a user would have felt it, and its series over time.
//!
//! A latency counts from the moment the open-loop schedule wanted the command sent. Only
//! acknowledged commands have one: a quick refusal is no service, and a command without an
//! answer has no latency (it is counted, not measured).

use hdrhistogram::Histogram;
use rlab_ledger::{Operation, Outcome, Window};
use serde::{Deserialize, Serialize};

/// One hour: longer than any client waits.
const HIGHEST_US: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;
const SECOND_US: u64 = 1_000_000;
/// A day of seconds; a later time is not from this run.
const MAX_SECONDS: u64 = 86_400;

/// Collects latencies overall, per window, and per second of the run.
#[derive(Debug)]
pub struct LatencyRecorder {
    windows: Vec<Window>,
    overall: Tally,
    per_window: Vec<Tally>,
    acknowledged_per_s: Vec<u64>,
    max_us_per_s: Vec<u64>,
}

#[derive(Debug, Clone)]
struct Tally {
    histogram: Histogram<u64>,
    operations: u64,
}

/// The latencies of an arm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// Over the whole arm.
    pub overall: Quantiles,
    /// Per window, by the time of sending.
    pub windows: Vec<(String, Quantiles)>,
    /// Acknowledgements in each second of the run, by the time of the answer.
    pub acknowledged_per_s: Vec<u64>,
    /// The longest corrected latency, in µs, among commands intended in each second of the run.
    pub max_us_per_s: Vec<u64>,
}

/// Corrected latency of acknowledged commands; absent values mean that none was acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Commands sent.
    pub operations: u64,
    /// Commands acknowledged, hence measured.
    pub acknowledged: u64,
    /// Median, in µs.
    pub p50_us: Option<u64>,
    /// 99th percentile, in µs.
    pub p99_us: Option<u64>,
    /// Maximum, in µs.
    pub max_us: Option<u64>,
}

impl LatencyRecorder {
    /// A recorder for a run with these windows.
    #[must_use]
    pub fn new(windows: &[Window]) -> Self {
        Self {
            windows: windows.to_vec(),
            overall: Tally::new(),
            per_window: windows.iter().map(|_| Tally::new()).collect(),
            acknowledged_per_s: Vec::new(),
            max_us_per_s: Vec::new(),
        }
    }

    /// Takes in one operation.
    pub fn record(&mut self, operation: &Operation) {
        let latency = match operation.outcome {
            Outcome::Acknowledged { .. } => operation.corrected_latency_us(),
            Outcome::Refused { .. } | Outcome::Unknown { .. } => None,
        };
        self.overall.record(latency);
        for (window, tally) in self.windows.iter().zip(&mut self.per_window) {
            if (window.from_us..window.to_us).contains(&operation.sent_us) {
                tally.record(latency);
            }
        }
        if let (Some(latency), Some(answered)) = (latency, operation.answered_us) {
            *second(&mut self.acknowledged_per_s, answered) += 1;
            let max = second(&mut self.max_us_per_s, operation.intended_us);
            *max = (*max).max(latency);
        }
    }

    /// What was collected.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        let names = self.windows.iter().map(|window| window.name.clone());
        LatencySummary {
            overall: self.overall.quantiles(),
            windows: names
                .zip(self.per_window.iter().map(Tally::quantiles))
                .collect(),
            acknowledged_per_s: self.acknowledged_per_s.clone(),
            max_us_per_s: self.max_us_per_s.clone(),
        }
    }
}

impl LatencySummary {
    /// The quantiles of the window of this name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&Quantiles> {
        let (_, quantiles) = self.windows.iter().find(|(window, _)| window == name)?;
        Some(quantiles)
    }
}

impl Tally {
    fn new() -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, HIGHEST_US, SIGNIFICANT_DIGITS)
                .expect("the bounds are constants that fit"),
            operations: 0,
        }
    }

    fn record(&mut self, latency_us: Option<u64>) {
        self.operations += 1;
        if let Some(latency) = latency_us {
            self.histogram.saturating_record(latency);
        }
    }

    fn quantiles(&self) -> Quantiles {
        let at = |quantile| {
            (!self.histogram.is_empty()).then(|| self.histogram.value_at_quantile(quantile))
        };
        Quantiles {
            operations: self.operations,
            acknowledged: self.histogram.len(),
            p50_us: at(0.50),
            p99_us: at(0.99),
            max_us: at(1.0),
        }
    }
}

fn second(series: &mut Vec<u64>, at_us: u64) -> &mut u64 {
    let index = (at_us / SECOND_US).min(MAX_SECONDS) as usize;
    if series.len() <= index {
        series.resize(index + 1, 0);
    }
    &mut series[index]
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn operation(intended_us: u64, sent_us: u64, answered_us: Option<u64>) -> Operation {
        Operation {
            command_id: Uuid::nil(),
            key: "item-1".into(),
            intended_us,
            sent_us,
            answered_us,
            outcome: match answered_us {
                Some(_) => Outcome::Acknowledged {
                    event_id: Uuid::nil(),
                    sequence: 1,
                },
                None => Outcome::Unknown {
                    why: "timed out".into(),
                },
            },
        }
    }

    fn near(value: Option<u64>, expected: u64) -> bool {
        value.is_some_and(|value| value.abs_diff(expected) * 1_000 <= expected)
    }

    #[test]
    fn a_stalled_client_does_not_hide_a_stalled_service() {
        let mut recorder = LatencyRecorder::new(&[]);
        for n in 0..100 {
            recorder.record(&operation(n * 10_000, 1_000_000, Some(1_001_000)));
        }
        let summary = recorder.summary().overall;
        assert!(near(summary.max_us, 1_001_000), "{summary:?}");
        assert!(near(summary.p50_us, 501_000), "{summary:?}");
        assert!(near(summary.p99_us, 1_001_000 - 10_000), "{summary:?}");
    }

    #[test]
    fn unanswered_commands_are_counted_and_not_measured() {
        let mut recorder = LatencyRecorder::new(&[]);
        recorder.record(&operation(0, 0, None));
        let summary = recorder.summary();
        assert_eq!(summary.overall.operations, 1);
        assert_eq!(summary.overall.p99_us, None);
        assert!(summary.acknowledged_per_s.is_empty());
    }

    #[test]
    fn a_window_holds_what_was_sent_within_it_and_a_second_what_was_answered() {
        let window = |name: &str, from_us, to_us| Window {
            name: name.into(),
            from_us,
            to_us,
        };
        let mut recorder =
            LatencyRecorder::new(&[window("steady", 0, 500), window("crash", 500, 1_000)]);
        recorder.record(&operation(0, 10, Some(2_100_000)));
        recorder.record(&operation(499, 500, Some(1_000)));
        let summary = recorder.summary();
        assert_eq!(summary.window("steady").unwrap().acknowledged, 1);
        assert!(near(summary.window("crash").unwrap().max_us, 501));
        assert_eq!(summary.acknowledged_per_s, [1, 0, 1]);
        assert_eq!(summary.max_us_per_s, [2_100_000]);
        assert_eq!(summary.window("drain"), None);
    }
}
