//! What a sample of each anomaly tells.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::anomaly::{Rank, Sample};
use crate::fact::OutboxState;

/// One event that shows an anomaly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSample {
    /// The event.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
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

/// An outbox row that no committed command knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanSample {
    /// The row's event.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// How far the relay is with the row.
    pub state: OutboxState,
}

/// Something there more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatSample {
    /// The event.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// How often it is there; 65,535 means as often or more.
    pub times: u16,
}

/// An event that came first after a later one of its aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReorderSample {
    /// The event that came too late.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// The highest number that had come before it.
    pub after: u64,
    /// Where it came too late.
    pub place: Place,
}

/// Where an order is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// First records of an aggregate in a partition of the topic.
    Topic,
    /// First effects of an aggregate.
    Effects,
}

/// An event that is told of in different ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlteredSample {
    /// The event.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// What is told differently.
    pub fields: Vec<Field>,
}

/// What the records of an event, its effects, its committed command and its client may disagree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The command that asked for it.
    Command,
    /// The aggregate.
    Item,
    /// The number within the aggregate.
    Sequence,
    /// How the upgrade ended.
    Outcome,
    /// What it cost.
    Cost,
    /// What it adds to the level.
    LevelDelta,
}

impl Field {
    pub(crate) const ALL: [Self; 6] = [
        Self::Command,
        Self::Item,
        Self::Sequence,
        Self::Outcome,
        Self::Cost,
        Self::LevelDelta,
    ];
}

/// An aggregate whose read model is not the sum of its effects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffersSample {
    /// The aggregate.
    pub key: String,
    /// The sum of its effects; none if it has none.
    pub effects: Option<Totals>,
    /// Its row; none if it has none.
    pub read_model: Option<Totals>,
}

/// An aggregate, summed up.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Totals {
    /// Highest sequence.
    pub version: u64,
    /// Sum of level changes.
    pub level: i64,
    /// Sum of costs.
    pub spent: u64,
}

/// A read that showed less than was known, longer after than the bound allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleSample {
    /// The aggregate.
    pub key: String,
    /// The version shown; 0 for "no such aggregate".
    pub version: u64,
    /// The version that was known.
    pub newer: u64,
    /// How long it had been known when the read was sent, in µs.
    pub known_for_us: u64,
    /// Who read.
    pub reader: Reader,
    /// When the read was sent: in µs since the run's start for a load, since the drain for the
    /// sweep.
    pub sent_us: u64,
}

/// Who saw a stale answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// A client, after another read had been answered with the newer version.
    Load,
    /// The final sweep, after the drain.
    Sweep,
}

/// An aggregate whose committed commands are not numbered 1, 2, 3, …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapSample {
    /// The aggregate.
    pub key: String,
    /// How many committed commands it has.
    pub committed: u64,
    /// Their highest number.
    pub highest: u64,
    /// The first number that is missing; none if a number is there twice instead.
    pub missing: Option<u64>,
}

macro_rules! ranked {
    ($($sample:ty: |$s:ident| $rank:expr;)*) => {
        $(impl Sample for $sample {
            fn rank(&self) -> Rank<'_> {
                let $s = self;
                $rank
            }
        })*
    };
}

ranked! {
    EventSample: |s| (s.sequence, &s.key, s.event_id);
    LostSample: |s| (s.sent_us, &s.key, s.event_id);
    OrphanSample: |s| (s.sequence, &s.key, s.event_id);
    RepeatSample: |s| (s.sequence, &s.key, s.event_id);
    ReorderSample: |s| (s.sequence, &s.key, s.event_id);
    AlteredSample: |s| (s.sequence, &s.key, s.event_id);
    DiffersSample: |s| (0, &s.key, Uuid::nil());
    StaleSample: |s| (s.sent_us, &s.key, Uuid::nil());
    GapSample: |s| (0, &s.key, Uuid::nil());
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
    /// Set aside in the outbox, not in the topic.
    OutboxParked,
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
            Self::OutboxParked => "parked in the outbox, not published",
            Self::OutboxSettled => "settled in the outbox, not published",
            Self::Published => "published, no effect",
        }
    }
}
