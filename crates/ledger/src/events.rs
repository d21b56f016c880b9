//! The table of events: every fact of a snapshot folded into one fixed-size entry per event.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use uuid::Uuid;

use crate::event::{Event, Teller};
use crate::fact::{Fact, Published};
use crate::keys::Keys;
use crate::samples::{Field, Totals};

/// Events, found by event id or by command id, and their aggregates.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub(crate) keys: Keys,
    /// Records that the consumer set aside.
    pub(crate) parked_records: u64,
    /// Records that are no event.
    pub(crate) unreadable_records: u64,
    /// Aggregates that the sweep asked for.
    pub(crate) swept: u64,
    events: Vec<Event>,
    by_event: HashTable<u32>,
    by_command: HashTable<u32>,
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
                let (index, key) = self.place(event_id, Teller::Command, &item_id, sequence);
                self.commit(index, command_id);
                self.keys.at(key).add_committed(sequence);
            }
            Fact::Outbox {
                event_id,
                item_id,
                sequence,
                state,
            } => {
                let (index, _) = self.place(event_id, Teller::Outbox, &item_id, sequence);
                let event = &mut self.events[index];
                event.outbox = event.outbox.max(Some(state));
            }
            Fact::Published(record) => self.published(&record),
            Fact::Effect {
                position,
                event_id,
                item_id,
                sequence,
                level_delta,
                cost,
            } => {
                let (index, key) = self.place(event_id, Teller::Effect, &item_id, sequence);
                let event = &mut self.events[index];
                event.tell_sums(cost, level_delta);
                event.first_effect = event.first_effect.min(position);
                event.effects = event.effects.saturating_add(1);
                self.keys.at(key).add_effect(sequence, level_delta, cost);
            }
            Fact::ReadModel {
                item_id,
                version,
                level,
                spent,
            } => self.keys.entry(&item_id).add_row(Totals {
                version,
                level,
                spent,
            }),
            Fact::Cached {
                item_id,
                version,
                asked_us,
            } => {
                self.swept += 1;
                self.keys.entry(&item_id).add_swept(version, asked_us);
            }
            Fact::ParkedRecord { .. } => self.parked_records += 1,
            Fact::Unreadable { .. } => self.unreadable_records += 1,
            // No event: these are counted for themselves.
            Fact::Number { .. } => {}
        }
    }

    /// Every event, in the order first heard of.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// The event with this id.
    pub(crate) fn by_event(&mut self, event_id: Uuid) -> Option<&mut Event> {
        let index = self.find(event_id)?;
        self.events.get_mut(index)
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

    /// The aggregate the event belongs to.
    pub(crate) fn key(&self, event: &Event) -> &str {
        self.keys.get(event.key).map_or("", |key| &key.name)
    }

    /// Committed events that `of` gives a place, sorted by it. Events that no command knows have no
    /// say in what the order should have been.
    pub(crate) fn sorted_by<P: Ord>(&self, of: impl Fn(&Event) -> Option<P>) -> Vec<&Event> {
        let placed = |event: &&Event| event.is_committed() && of(event).is_some();
        let mut order: Vec<&Event> = self.events.iter().filter(placed).collect();
        order.sort_unstable_by_key(|event| (of(event), event.sequence, event.event_id));
        order
    }

    fn published(&mut self, record: &Published) {
        let (index, _) = self.place(
            record.event_id,
            Teller::Record,
            &record.item_id,
            record.sequence,
        );
        let event = &mut self.events[index];
        event.tell_command(record.command_id);
        event.tell_outcome(record.outcome);
        event.tell_sums(record.cost, record.level_delta);
        let place = (record.partition, record.offset);
        if event.records == 0 || place < (event.partition, event.first_offset) {
            (event.partition, event.first_offset) = place;
        }
        event.records = event.records.saturating_add(1);
    }

    /// The entry of an event, with what `teller` says of its aggregate and sequence noted, and the
    /// number of the aggregate told.
    fn place(
        &mut self,
        event_id: Uuid,
        teller: Teller,
        item_id: &str,
        sequence: u64,
    ) -> (usize, u32) {
        let index = self.index_of(event_id);
        let key = self.keys.number(item_id);
        let believed = self.events[index].teller();
        let known = &mut self.events[index];
        if believed == Teller::Nobody {
            (known.key, known.sequence) = (key, sequence);
        } else if (known.key, known.sequence) != (key, sequence) {
            known.differs(Field::Item, known.key != key);
            known.differs(Field::Sequence, known.sequence != sequence);
            let smaller = || {
                let name = self.keys.get(known.key).map_or("", |key| &key.name);
                (item_id, sequence) < (name, known.sequence)
            };
            if teller > believed || (teller == believed && smaller()) {
                (known.key, known.sequence) = (key, sequence);
            }
        }
        (index, key)
    }

    /// The command is the one that counts, whatever records say; of two, the smaller.
    fn commit(&mut self, index: usize, command_id: Uuid) {
        let event = &mut self.events[index];
        let before = event.command_id;
        event.tell_command(command_id);
        if event.is_committed() {
            if before <= command_id {
                return;
            }
            let (events, hash) = (&self.events, self.hasher.hash_one(before));
            let same = |&known: &u32| events[known as usize].event_id == events[index].event_id;
            if let Ok(entry) = self.by_command.find_entry(hash, same) {
                entry.remove();
            }
        }
        self.events[index].set_committed(command_id);
        let (events, hasher) = (&self.events, &self.hasher);
        let hash = hasher.hash_one(command_id);
        self.by_command.insert_unique(hash, small(index), |&known| {
            hasher.hash_one(events[known as usize].command_id)
        });
    }

    fn find(&self, event_id: Uuid) -> Option<usize> {
        let hash = self.hasher.hash_one(event_id);
        let same = |&index: &u32| self.events[index as usize].event_id == event_id;
        Some(*self.by_event.find(hash, same)? as usize)
    }

    fn index_of(&mut self, event_id: Uuid) -> usize {
        if let Some(index) = self.find(event_id) {
            return index;
        }
        let index = self.events.len();
        self.events.push(Event::new(event_id));
        let (events, hasher) = (&self.events, &self.hasher);
        let hash = hasher.hash_one(event_id);
        self.by_event.insert_unique(hash, small(index), |&index| {
            hasher.hash_one(events[index as usize].event_id)
        });
        index
    }
}

/// Four billion events would fill a third of a terabyte before this could fail.
fn small(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 events")
}
