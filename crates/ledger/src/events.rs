//! The table of events: every fact of a snapshot folded into one fixed-size entry per event.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use uuid::Uuid;

use crate::record::Fact;

/// What the stores say about one event: 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) event_id: Uuid,
    /// Nil unless committed.
    pub(crate) command_id: Uuid,
    pub(crate) sequence: u64,
    /// The smallest position among its effects.
    pub(crate) first_effect: u64,
    key: u32,
    /// Saturating: only 0, 1 and "how many beyond one" matter.
    pub(crate) records: u16,
    pub(crate) effects: u16,
    pub(crate) committed: bool,
    pub(crate) in_outbox: bool,
    pub(crate) settled: bool,
    /// Set once an operation of the history claimed it.
    pub(crate) claimed: bool,
}

const NO_KEY: u32 = u32::MAX;

/// Events, found by event id or by command id; keys are held once each.
#[derive(Debug, Default)]
pub(crate) struct Events {
    events: Vec<Event>,
    by_event: HashTable<u32>,
    by_command: HashTable<u32>,
    keys: Vec<String>,
    key_ids: HashMap<String, u32>,
    hasher: DefaultHashBuilder,
}

impl Events {
    /// Folds one fact in; facts may come in any order.
    pub(crate) fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Committed {
                command_id,
                event_id,
                item_id,
                sequence,
            } => {
                let index = self.describe(event_id, item_id, sequence);
                let event = &mut self.events[index];
                event.committed = true;
                event.command_id = command_id;
                self.index_command(command_id, index);
            }
            Fact::Outbox { event_id, settled } => {
                let index = self.entry(event_id);
                let event = &mut self.events[index];
                event.in_outbox = true;
                event.settled = settled;
            }
            Fact::Published {
                event_id,
                item_id,
                sequence,
                ..
            } => {
                let index = self.describe(event_id, item_id, sequence);
                let event = &mut self.events[index];
                event.records = event.records.saturating_add(1);
            }
            Fact::Effect {
                position,
                event_id,
                item_id,
                sequence,
            } => {
                let index = self.describe(event_id, item_id, sequence);
                let event = &mut self.events[index];
                event.first_effect = event.first_effect.min(position);
                event.effects = event.effects.saturating_add(1);
            }
        }
    }

    /// Every event, in the order first seen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// The event with this id.
    pub(crate) fn by_event(&mut self, event_id: Uuid) -> Option<&mut Event> {
        let events = &self.events;
        let index = *self
            .by_event
            .find(self.hasher.hash_one(event_id), |&index| {
                events[index as usize].event_id == event_id
            })?;
        self.events.get_mut(index as usize)
    }

    /// The event committed for this command.
    pub(crate) fn by_command(&mut self, command_id: Uuid) -> Option<&mut Event> {
        let events = &self.events;
        let index = *self
            .by_command
            .find(self.hasher.hash_one(command_id), |&index| {
                events[index as usize].command_id == command_id
            })?;
        self.events.get_mut(index as usize)
    }

    /// The aggregate the event belongs to; empty if only the outbox knows the event.
    pub(crate) fn key(&self, event: &Event) -> &str {
        self.keys.get(event.key as usize).map_or("", String::as_str)
    }

    /// The events that took effect, grouped by key, in the order of their first effects.
    pub(crate) fn in_effect_order(&self) -> Vec<&Event> {
        let mut order: Vec<&Event> = self.events.iter().filter(|e| e.effects > 0).collect();
        order.sort_unstable_by_key(|event| (event.key, event.first_effect));
        order
    }

    fn describe(&mut self, event_id: Uuid, item_id: String, sequence: u64) -> usize {
        let index = self.entry(event_id);
        if self.events[index].key == NO_KEY {
            let key = self.intern(item_id);
            let event = &mut self.events[index];
            event.key = key;
            event.sequence = sequence;
        }
        index
    }

    fn intern(&mut self, key: String) -> u32 {
        if let Some(id) = self.key_ids.get(&key) {
            return *id;
        }
        let id = small(self.keys.len());
        self.keys.push(key.clone());
        self.key_ids.insert(key, id);
        id
    }

    fn entry(&mut self, event_id: Uuid) -> usize {
        let hash = self.hasher.hash_one(event_id);
        let events = &self.events;
        if let Some(index) = self
            .by_event
            .find(hash, |&index| events[index as usize].event_id == event_id)
        {
            return *index as usize;
        }
        let index = self.events.len();
        self.events.push(Event {
            event_id,
            command_id: Uuid::nil(),
            sequence: 0,
            first_effect: u64::MAX,
            key: NO_KEY,
            records: 0,
            effects: 0,
            committed: false,
            in_outbox: false,
            settled: false,
            claimed: false,
        });
        let (events, hasher) = (&self.events, &self.hasher);
        self.by_event.insert_unique(hash, small(index), |&index| {
            hasher.hash_one(events[index as usize].event_id)
        });
        index
    }

    fn index_command(&mut self, command_id: Uuid, index: usize) {
        let hash = self.hasher.hash_one(command_id);
        let (events, hasher) = (&self.events, &self.hasher);
        let known = self
            .by_command
            .find(hash, |&index| {
                events[index as usize].command_id == command_id
            })
            .is_some();
        if !known {
            self.by_command.insert_unique(hash, small(index), |&index| {
                hasher.hash_one(events[index as usize].command_id)
            });
        }
    }
}

/// Four billion events would fill a quarter of a terabyte before this could fail.
fn small(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 events and keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_takes_64_bytes() {
        assert_eq!(std::mem::size_of::<Event>(), 64);
    }
}
