//! How each falsification changes the facts as they stream past.

use uuid::Uuid;

use crate::fact::{Fact, Published};

/// What is done to a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Records and effects of an event vanish, and what they had added to the read model.
    Drop {
        event_id: Uuid,
        taken: Contribution,
        /// Highest sequence among the aggregate's other effects; none if there are none.
        version_left: Option<u64>,
    },
    /// A record more.
    AddRecord(Published),
    /// An effect more, and what it adds to the read model.
    AddEffect { effect: Fact, given: Contribution },
    /// Two records change places within their partition.
    SwapRecords { partition: i32, offsets: [i64; 2] },
    /// Two effects change places.
    SwapEffects { positions: [u64; 2] },
    /// The record at this place tells another cost.
    Alter { partition: i32, offset: i64 },
    /// The sweep saw this version.
    Age { item_id: String, version: u64 },
}

/// What an effect adds to its aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) item_id: String,
    pub(super) level_delta: i32,
    pub(super) cost: u32,
}

impl Change {
    /// The fact as falsified; none if it vanishes.
    pub(super) fn apply(&self, mut fact: Fact) -> Option<Fact> {
        match (self, &mut fact) {
            (
                Self::Drop { event_id, .. },
                Fact::Published(Published { event_id: of, .. }) | Fact::Effect { event_id: of, .. },
            ) if of == event_id => return None,
            (
                Self::Drop {
                    taken,
                    version_left,
                    ..
                },
                Fact::ReadModel {
                    item_id,
                    version,
                    level,
                    spent,
                },
            ) if *item_id == taken.item_id => {
                *version = (*version_left)?;
                *level -= i64::from(taken.level_delta);
                *spent = spent.saturating_sub(taken.cost.into());
            }
            (
                Self::AddEffect { given, .. },
                Fact::ReadModel {
                    item_id,
                    level,
                    spent,
                    ..
                },
            ) if *item_id == given.item_id => {
                *level += i64::from(given.level_delta);
                *spent += u64::from(given.cost);
            }
            (Self::SwapRecords { partition, offsets }, Fact::Published(record))
                if record.partition == *partition =>
            {
                exchange(&mut record.offset, *offsets);
            }
            (Self::SwapEffects { positions }, Fact::Effect { position, .. }) => {
                exchange(position, *positions);
            }
            (Self::Alter { partition, offset }, Fact::Published(record))
                if (record.partition, record.offset) == (*partition, *offset) =>
            {
                record.cost = record.cost.wrapping_add(1);
            }
            (
                Self::Age {
                    item_id: aged,
                    version: old,
                },
                Fact::Cached {
                    item_id, version, ..
                },
            ) if item_id == aged => *version = *old,
            _ => {}
        }
        Some(fact)
    }

    /// What is there beyond the recorded facts.
    pub(super) fn added(&self) -> Option<Fact> {
        match self {
            Self::AddRecord(record) => Some(Fact::Published(record.clone())),
            Self::AddEffect { effect, .. } => Some(effect.clone()),
            _ => None,
        }
    }
}

fn exchange<T: PartialEq + Copy>(value: &mut T, [one, other]: [T; 2]) {
    if *value == one {
        *value = other;
    } else if *value == other {
        *value = one;
    }
}
