//! The result of an accounting: counts, and named anomalies with bounded samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::anomaly::Anomaly;
use crate::numbers::NumberAccount;
use crate::samples::{
    AlteredSample, DiffersSample, EventSample, GapSample, LostSample, OrphanSample, ReorderSample,
    RepeatSample, Stage, StaleSample,
};

/// What became of every command of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Commands in the histories.
    pub commands: u64,
    /// Reads in the histories.
    pub reads: u64,
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
    /// Events whose outbox row is still to be published.
    pub outbox_unsettled: u64,
    /// Events whose outbox row was set aside.
    pub outbox_parked: u64,
    /// Records that the consumer set aside.
    pub records_parked: u64,
    /// Records of the topic that are no event.
    pub records_unreadable: u64,
    /// Events with at least one record in the topic.
    pub published: u64,
    /// Events with at least one effect.
    pub effective: u64,
    /// Rows of the read model.
    pub items: u64,
    /// Aggregates that the read side was asked for after the drain.
    pub swept: u64,
    /// How old a read may be, in µs; none if that was not judged.
    pub stale_bound_us: Option<u64>,
    /// Obligations without an effect.
    pub lost: Anomaly<LostSample>,
    /// How many of them got stuck at each stage; stages without any are left out.
    pub stuck: BTreeMap<Stage, u64>,
    /// Outbox rows that no committed command knows.
    pub outbox_orphan: Anomaly<OrphanSample>,
    /// Records beyond the first of their event, sampled by event. No failure by itself: delivery
    /// is at least once.
    pub duplicate_publish: Anomaly<RepeatSample>,
    /// Events with more than one effect.
    pub effect_twice: Anomaly<RepeatSample>,
    /// Events published or effective that no committed command knows.
    pub unknown_event: Anomaly<EventSample>,
    /// Events whose first record, or first effect, came after that of a later event of the same
    /// aggregate; an event that did both counts twice.
    pub reordered: Anomaly<ReorderSample>,
    /// Events of which client, command, outbox, records and effects do not tell the same.
    pub altered_payload: Anomaly<AlteredSample>,
    /// Aggregates whose read model is not the sum of their effects.
    pub read_model_differs: Anomaly<DiffersSample>,
    /// Reads that showed less than had been known for longer than the bound.
    pub stale_cache: Anomaly<StaleSample>,
    /// Aggregates whose committed commands are not numbered 1, 2, 3, …: something vanished.
    pub sequence_gap: Anomaly<GapSample>,
    /// Obligations and losses by the time of sending, in the order the windows were given.
    pub windows: Vec<WindowAccount>,
    /// The same for each load that sent commands.
    pub loads: Vec<LoadAccount>,
    /// What became of the numbers of each load that wrote some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberAccount>,
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

/// Obligations and losses among the commands of one load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadAccount {
    /// The load's name.
    pub name: String,
    /// Obligations among its commands.
    pub obligations: u64,
    /// Those of them that are lost.
    pub lost: u64,
    /// Both by the time of sending.
    pub windows: Vec<WindowAccount>,
}

impl Accounting {
    /// Whether no anomaly was found. Duplicates in the topic and rows set aside are none.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.found().is_empty()
    }

    /// The anomalies found, by name, each with its count.
    #[must_use]
    pub fn found(&self) -> Vec<(&'static str, u64)> {
        let all = [
            ("lost", self.lost.count),
            ("outbox_orphan", self.outbox_orphan.count),
            ("effect_twice", self.effect_twice.count),
            ("unknown_event", self.unknown_event.count),
            ("reordered", self.reordered.count),
            ("altered_payload", self.altered_payload.count),
            ("read_model_differs", self.read_model_differs.count),
            ("stale_cache", self.stale_cache.count),
            ("sequence_gap", self.sequence_gap.count),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Outbox rows and records that were set aside.
    #[must_use]
    pub fn parked(&self) -> u64 {
        self.outbox_parked + self.records_parked
    }

    /// The account of the load of this name.
    #[must_use]
    pub fn load(&self, name: &str) -> Option<&LoadAccount> {
        self.loads.iter().find(|load| load.name == name)
    }

    /// The account of the window of this name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&WindowAccount> {
        named(&self.windows, name)
    }
}

impl LoadAccount {
    /// The account of the window of this name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&WindowAccount> {
        named(&self.windows, name)
    }
}

fn named<'a>(windows: &'a [WindowAccount], name: &str) -> Option<&'a WindowAccount> {
    windows.iter().find(|window| window.name == name)
}
