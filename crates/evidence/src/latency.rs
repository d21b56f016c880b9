//! How the questions of one load were answered, how long that took, and both over time.
//!
//! A latency counts from the moment the open-loop schedule wanted the question sent. Only proper
//! answers have one (a command acknowledged, an item found or known not to be there): a quick
//! refusal is no service, and a question without an answer is counted, not measured.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use rlab_ledger::{
    CommandAnswer, ConnectAnswer, Exchange, Operation, ReadAnswer, Served, Window, WriteAnswer,
};
use serde::{Deserialize, Serialize};

use crate::seconds::{End, Second, Seconds};
use crate::silence::Silence;

/// One hour: longer than any client waits.
const HIGHEST_US: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Collects the answers to one load overall, per window, and per second of the run.
#[derive(Debug)]
pub struct LatencyRecorder {
    windows: Vec<Window>,
    overall: Tally,
    per_window: Vec<Tally>,
    seconds: Seconds,
}

#[derive(Debug, Clone)]
struct Tally {
    histogram: Histogram<u64>,
    answers: Answers,
    silence: Silence,
    /// Questions by the second in which they were sent.
    sent: BTreeMap<u64, u64>,
}

/// How one load was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// Over the whole arm.
    pub overall: Answers,
    /// Per window, by the time of sending.
    pub windows: Vec<(String, Answers)>,
    /// Each second of the arm, from its start.
    pub seconds: Vec<Second>,
}

/// Counts of answers by kind, and the corrected latency of proper ones; absent quantiles mean that
/// there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Questions sent.
    pub asked: u64,
    /// Commands and writes acknowledged.
    pub acknowledged: u64,
    /// Reads that showed the item.
    pub found: u64,
    /// Reads that were told there is no such item.
    pub not_found: u64,
    /// Questions refused.
    pub refused: u64,
    /// Questions without a usable answer.
    pub unknown: u64,
    /// Items shown from a cache.
    pub hits: u64,
    /// Items shown from the database.
    pub misses: u64,
    /// Median, in µs.
    pub p50_us: Option<u64>,
    /// 99th percentile, in µs.
    pub p99_us: Option<u64>,
    /// Maximum, in µs.
    pub max_us: Option<u64>,
    /// Longest time without a proper answer, in µs: within the window, or between the first and the
    /// last one of the whole arm. None when there was none at all.
    #[serde(default)]
    pub longest_gap_us: Option<u64>,
    /// Questions sent in the busiest second of the arm's clock.
    #[serde(default)]
    pub busiest_second: u64,
}

impl LatencyRecorder {
    /// A recorder for a run with these windows.
    #[must_use]
    pub fn new(windows: &[Window]) -> Self {
        Self {
            windows: windows.to_vec(),
            overall: Tally::new(Silence::default()),
            per_window: windows
                .iter()
                .map(|window| Tally::new(Silence::within(window)))
                .collect(),
            seconds: Seconds::default(),
        }
    }

    /// Takes in one operation.
    pub fn record(&mut self, operation: &Operation) {
        let end = end(&operation.exchange);
        let latency = operation
            .corrected_latency_us()
            .filter(|_| end == End::Answered);
        let answered_us = operation.answered_us.filter(|_| end == End::Answered);
        self.overall.record(operation, latency);
        if let Some(at_us) = answered_us {
            for tally in self.per_window.iter_mut().chain([&mut self.overall]) {
                tally.silence.broken(at_us);
            }
        }
        for (window, tally) in self.windows.iter().zip(&mut self.per_window) {
            if (window.from_us..window.to_us).contains(&operation.sent_us) {
                tally.record(operation, latency);
            }
        }
        self.seconds.record(operation, end);
    }

    /// What was collected.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        let names = self.windows.iter().map(|window| window.name.clone());
        LatencySummary {
            overall: self.overall.answers(),
            windows: names
                .zip(self.per_window.iter().map(Tally::answers))
                .collect(),
            seconds: self.seconds.summary(),
        }
    }
}

impl LatencySummary {
    /// The answers in the window of this name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&Answers> {
        let (_, answers) = self.windows.iter().find(|(window, _)| window == name)?;
        Some(answers)
    }
}

impl Answers {
    /// The part of all questions that was answered properly; none if nothing was asked.
    #[must_use]
    pub fn ok_ratio(&self) -> Option<f64> {
        ratio(self.acknowledged + self.found + self.not_found, self.asked)
    }

    /// The part of all items shown that came from a cache, among those where the service told; none
    /// if it never did.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.misses)
    }

    fn count(&mut self, exchange: &Exchange) {
        self.asked += 1;
        let counter = match exchange {
            Exchange::Command { answer, .. } => match answer {
                CommandAnswer::Acknowledged { .. } => &mut self.acknowledged,
                CommandAnswer::Refused { .. } => &mut self.refused,
                CommandAnswer::Unknown { .. } => &mut self.unknown,
            },
            Exchange::Read { answer } => match answer {
                ReadAnswer::Found { served, .. } => {
                    self.hits += u64::from(*served == Some(Served::Hit));
                    self.misses += u64::from(*served == Some(Served::Miss));
                    &mut self.found
                }
                ReadAnswer::NotFound => &mut self.not_found,
                ReadAnswer::Refused { .. } => &mut self.refused,
                ReadAnswer::Unknown { .. } => &mut self.unknown,
            },
            Exchange::Write { answer, .. } => match answer {
                WriteAnswer::Acknowledged => &mut self.acknowledged,
                WriteAnswer::Refused { .. } => &mut self.refused,
                WriteAnswer::Unknown { .. } => &mut self.unknown,
            },
            Exchange::Connect { answer } => match answer {
                ConnectAnswer::Answered => &mut self.acknowledged,
                ConnectAnswer::Failed { .. } => &mut self.unknown,
            },
        };
        *counter += 1;
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Tally {
    fn new(silence: Silence) -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, HIGHEST_US, SIGNIFICANT_DIGITS)
                .expect("the bounds are constants that fit"),
            answers: Answers::default(),
            silence,
            sent: BTreeMap::new(),
        }
    }

    fn record(&mut self, operation: &Operation, latency_us: Option<u64>) {
        self.answers.count(&operation.exchange);
        let second = operation.sent_us / 1_000_000;
        *self.sent.entry(second).or_default() += 1;
        if let Some(latency) = latency_us {
            self.histogram.saturating_record(latency);
        }
    }

    fn answers(&self) -> Answers {
        let at = |quantile| {
            (!self.histogram.is_empty()).then(|| self.histogram.value_at_quantile(quantile))
        };
        Answers {
            p50_us: at(0.50),
            p99_us: at(0.99),
            max_us: at(1.0),
            longest_gap_us: self.silence.longest_us(),
            busiest_second: self.sent.values().copied().max().unwrap_or_default(),
            ..self.answers.clone()
        }
    }
}

fn end(exchange: &Exchange) -> End {
    match exchange {
        Exchange::Command { answer, .. } => match answer {
            CommandAnswer::Acknowledged { .. } => End::Answered,
            CommandAnswer::Refused { .. } => End::Refused,
            CommandAnswer::Unknown { .. } => End::Unknown,
        },
        Exchange::Read { answer } => match answer {
            ReadAnswer::Found { .. } | ReadAnswer::NotFound => End::Answered,
            ReadAnswer::Refused { .. } => End::Refused,
            ReadAnswer::Unknown { .. } => End::Unknown,
        },
        Exchange::Write { answer, .. } => match answer {
            WriteAnswer::Acknowledged => End::Answered,
            WriteAnswer::Refused { .. } => End::Refused,
            WriteAnswer::Unknown { .. } => End::Unknown,
        },
        Exchange::Connect { answer } => match answer {
            ConnectAnswer::Answered => End::Answered,
            ConnectAnswer::Failed { .. } => End::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_ledger::{Upgrade, UpgradeOutcome};
    use uuid::Uuid;

    fn operation(intended_us: u64, sent_us: u64, answered_us: Option<u64>) -> Operation {
        let answer = match answered_us {
            Some(_) => CommandAnswer::Acknowledged {
                event_id: Uuid::nil(),
                sequence: 1,
            },
            None => CommandAnswer::Unknown {
                why: "timed out".into(),
            },
        };
        Operation {
            key: "item-1".into(),
            intended_us,
            sent_us,
            answered_us,
            exchange: Exchange::Command {
                command_id: Uuid::nil(),
                upgrade: Upgrade {
                    outcome: UpgradeOutcome::Keep,
                    cost: 1,
                },
                answer,
            },
        }
    }

    fn read(answer: ReadAnswer) -> Operation {
        Operation {
            exchange: Exchange::Read { answer },
            ..operation(0, 0, Some(1_000))
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
        assert_eq!(recorder.summary().overall.ok_ratio(), None);
        recorder.record(&operation(0, 0, None));
        let summary = recorder.summary();
        assert_eq!((summary.overall.asked, summary.overall.unknown), (1, 1));
        assert_eq!(summary.overall.p99_us, None);
        assert_eq!(summary.overall.ok_ratio(), Some(0.0));
        let silence = Second {
            unknown: 1,
            ..Second::default()
        };
        assert_eq!(summary.seconds, [silence]);
    }

    #[test]
    fn a_read_that_finds_nothing_is_answered_and_a_refused_one_is_not() {
        let mut recorder = LatencyRecorder::new(&[]);
        let shows = |served| ReadAnswer::Found { version: 1, served };
        for answer in [
            shows(Some(Served::Hit)),
            shows(Some(Served::Hit)),
            shows(Some(Served::Miss)),
            shows(None),
            ReadAnswer::NotFound,
            ReadAnswer::Refused { status: 503 },
            ReadAnswer::Unknown { why: "".into() },
            ReadAnswer::Refused { status: 503 },
        ] {
            recorder.record(&read(answer));
        }
        let answers = recorder.summary().overall;
        assert_eq!((answers.found, answers.not_found), (4, 1));
        assert_eq!((answers.refused, answers.unknown), (2, 1));
        assert_eq!(answers.ok_ratio(), Some(5.0 / 8.0));
        assert_eq!(answers.hit_ratio(), Some(2.0 / 3.0));
        let second = &recorder.summary().seconds[0];
        assert_eq!((second.answered, second.refused), (5, 2));
        assert_eq!(second.unknown, 1);
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
        let answered = summary.seconds.iter().map(|second| second.answered);
        assert_eq!(answered.collect::<Vec<_>>(), [1, 0, 1]);
        let longest = summary.seconds.iter().map(|second| second.max_us);
        assert_eq!(longest.collect::<Vec<_>>(), [Some(2_100_000), None, None]);
        let first = &summary.seconds[0];
        assert!(
            first.p50_us.is_some_and(|us| us.abs_diff(501) <= 8),
            "{first:?}"
        );
        assert_eq!(first.p99_us, Some(2_100_000));
        assert_eq!(summary.window("drain"), None);
    }
}
