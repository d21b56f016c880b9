//! The lines of a snapshot: what the stores held after a run.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::operation::UpgradeOutcome;

/// One thing found in the stores after the run: one line of a snapshot, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// MySQL holds this command as committed.
    Committed {
        /// The client's command id.
        command_id: Uuid,
        /// The event that tells of it.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate, from 1.
        sequence: u64,
    },
    /// The outbox holds a row for this event.
    Outbox {
        /// The event.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate.
        sequence: u64,
        /// How far the relay is with it.
        state: OutboxState,
    },
    /// The topic holds a record of this event; once per record.
    Published(Published),
    /// The append-only effect log holds an effect of this event; once per effect.
    Effect {
        /// The row's place in the log: a smaller one took effect earlier.
        position: u64,
        /// The event.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate.
        sequence: u64,
        /// What was added to the aggregate's level.
        level_delta: i32,
        /// What was added to what it cost.
        cost: u32,
    },
    /// The read model holds a row for this aggregate.
    ReadModel {
        /// The aggregate.
        item_id: String,
        /// Sequence of the newest event applied.
        version: u64,
        /// Sum of level changes.
        level: i64,
        /// Sum of costs.
        spent: u64,
    },
    /// The read side was asked for this aggregate after nothing was on its way any more.
    Cached {
        /// The aggregate.
        item_id: String,
        /// The version it showed; 0 when it said that there is no such aggregate.
        version: u64,
        /// When it was asked, in µs after the drain.
        asked_us: u64,
    },
    /// What was found under a key that numbers were written to.
    Number {
        /// The key.
        key: String,
        /// The number; 0 when there was none.
        number: u64,
    },
    /// The consumer set a record aside.
    ParkedRecord {
        /// The record's partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
        /// Why.
        reason: String,
    },
    /// The topic holds a record that is no event.
    Unreadable {
        /// The record's partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
        /// What is wrong with it.
        why: String,
    },
}

/// A record of the topic, and what its payload says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The event.
    pub event_id: Uuid,
    /// The aggregate.
    pub item_id: String,
    /// The event's number within its aggregate.
    pub sequence: u64,
    /// The record's partition.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// The command that asked for it.
    pub command_id: Uuid,
    /// How the upgrade ended.
    pub outcome: UpgradeOutcome,
    /// What it cost.
    pub cost: u32,
    /// What it adds to the aggregate's level.
    pub level_delta: i32,
}

/// How far the relay is with an outbox row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Still to be published.
    Pending,
    /// Marked as published.
    Settled,
    /// Set aside as unpublishable.
    Parked,
}
