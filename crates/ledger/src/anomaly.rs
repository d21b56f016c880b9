//! Named anomalies: how many, and a bounded number of samples.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many samples of one anomaly are kept.
pub const SAMPLES: usize = 20;

/// What an anomaly is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An event.
    Event(Uuid),
    /// An aggregate.
    Item(String),
}

/// An anomaly: how often it shows, and the samples of least [`Sample::rank`], whatever the order
/// of the recorded lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly<S> {
    /// How often.
    pub count: u64,
    /// The first ones.
    pub samples: Vec<S>,
}

/// Where a sample stands among others: time or sequence, aggregate, event (nil if it has none).
pub type Rank<'a> = (u64, &'a str, Uuid);

/// One case of an anomaly.
pub trait Sample {
    /// Its place among the samples.
    fn rank(&self) -> Rank<'_>;
}

impl<S> Default for Anomaly<S> {
    fn default() -> Self {
        Self {
            count: 0,
            samples: Vec::new(),
        }
    }
}

impl<S: Sample> Anomaly<S> {
    /// Whether a sample names this subject.
    #[must_use]
    pub fn names(&self, subject: &Subject) -> bool {
        self.samples.iter().any(|s| subject.is(&s.rank()))
    }

    /// Counts a case, and keeps it as a sample if it is among the first or watched for.
    pub(crate) fn note(&mut self, rank: Rank<'_>, watch: &[Subject], sample: impl FnOnce() -> S) {
        self.count += 1;
        let watched = |rank: &Rank<'_>| watch.iter().any(|subject| subject.is(rank));
        let at = self.samples.partition_point(|s| s.rank() <= rank);
        if at >= SAMPLES && !watched(&rank) {
            return;
        }
        self.samples.insert(at, sample());
        let ordinary = |s: &S| !watched(&s.rank());
        if self.samples.iter().filter(|s| ordinary(s)).count() > SAMPLES
            && let Some(last) = self.samples.iter().rposition(ordinary)
        {
            self.samples.remove(last);
        }
    }
}

impl Subject {
    fn is(&self, (_, key, event_id): &Rank<'_>) -> bool {
        match self {
            Self::Event(wanted) => wanted == event_id,
            Self::Item(wanted) => wanted == key,
        }
    }
}
