//! The result of an accounting: counts, and named anomalies with bounded samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many samples of one anomaly are kept, in the order found.
pub const SAMPLES: usize = 20;

/// What became of every command of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Commands in the history.
    pub operations: u64,
    /// Commands acknowledged to their client.
    pub acknowledged: u64,
    /// Commands answered with a refusal (4xx or 5xx).
    pub refused: u64,
    /// Commands without a usable answer.
    pub unknown: u64,
    /// Commands acknowledged, or indeterminate but found committed; each once.
    pub obligations: u64,
    /// Obligations whose client never got the acknowledgement.
    pub committed_unacknowledged: u64,
    /// Events that MySQL holds as committed.
    pub committed: u64,
    /// Events whose outbox row is not settled.
    pub outbox_unsettled: u64,
    /// Events with at least one record in the topic.
    pub published: u64,
    /// Records beyond the first of their event. Not an anomaly: delivery is at least once.
    pub duplicate_publish: u64,
    /// Events with at least one effect.
    pub effective: u64,
    /// Obligations without an effect.
    pub lost: Lost,
    /// Events with more than one effect.
    pub effect_twice: Anomaly,
    /// Events published or effective that no committed command knows.
    pub unknown_event: Anomaly,
    /// Events whose first effect came after the first effect of a later event of the same key.
    pub reordered: Anomaly,
    /// Obligations and losses by the time of sending, in the order the windows were given.
    pub windows: Vec<WindowAccount>,
}

/// Obligations without an effect, and where they got stuck.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// How many.
    pub count: u64,
    /// How many at each stage; stages without any are left out.
    pub stuck: BTreeMap<Stage, u64>,
    /// The first ones, in the order of the history.
    pub samples: Vec<LostSample>,
}

/// The last place a lost obligation was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Acknowledged, yet MySQL does not hold it.
    NeverCommitted,
    /// Committed, but neither in the outbox nor in the topic.
    CommittedOnly,
    /// In the outbox, not settled, not in the topic.
    OutboxUnsettled,
    /// Settled in the outbox, yet not in the topic.
    OutboxSettled,
    /// In the topic, but without an effect.
    Published,
}

impl Stage {
    /// The stage in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::NeverCommitted => "acknowledged but never committed",
            Self::CommittedOnly => "committed, neither in the outbox nor published",
            Self::OutboxUnsettled => "in the outbox, not settled",
            Self::OutboxSettled => "settled in the outbox, not published",
            Self::Published => "published, no effect",
        }
    }
}

/// One lost obligation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostSample {
    /// The client's command id.
    pub command_id: Uuid,
    /// The event that should have taken effect.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// When the client sent it, in µs since the run's start.
    pub sent_us: u64,
    /// Where it got stuck.
    pub stage: Stage,
}

/// A named anomaly: how many, and the first ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// How many events show it.
    pub count: u64,
    /// The first ones found.
    pub samples: Vec<Sample>,
}

/// One event that shows an anomaly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The event.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
}

/// Obligations and losses among the commands sent within one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowAccount {
    /// The window's name (a phase).
    pub name: String,
    /// Obligations sent within it.
    pub obligations: u64,
    /// Those of them that are lost.
    pub lost: u64,
}

impl Accounting {
    /// Whether no anomaly was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost.count == 0
            && self.effect_twice.count == 0
            && self.unknown_event.count == 0
            && self.reordered.count == 0
    }

    /// The account of the window of this name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&WindowAccount> {
        self.windows.iter().find(|window| window.name == name)
    }
}

impl Lost {
    /// Whether a sample names this event.
    #[must_use]
    pub fn names(&self, event_id: Uuid) -> bool {
        self.samples.iter().any(|s| s.event_id == event_id)
    }
}

impl Anomaly {
    /// Whether a sample names this event.
    #[must_use]
    pub fn names(&self, event_id: Uuid) -> bool {
        self.samples.iter().any(|s| s.event_id == event_id)
    }
}
