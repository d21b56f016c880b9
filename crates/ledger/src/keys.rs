//! The table of aggregates: what is summed up per aggregate rather than per event.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::samples::Totals;
use crate::stale::Frontier;

/// What is known of one aggregate.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: Box<str>,
    /// Committed commands.
    pub(crate) committed: u64,
    /// The highest number among them.
    pub(crate) highest: u64,
    /// Sum of its effects.
    pub(crate) effects: Option<Totals>,
    /// Its row of the read model.
    pub(crate) read_model: Option<Totals>,
    /// The oldest version that the sweep saw, and when it was asked for, in µs after the drain.
    pub(crate) swept: Option<(u64, u64)>,
    /// When which version was known to readers.
    pub(crate) reads: Frontier,
}

/// Aggregates by name, each name held once.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Keys {
    /// The aggregate's number, a new one if it was never heard of.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        let hash = self.hasher.hash_one(name);
        let keys = &self.keys;
        if let Some(number) = self
            .by_name
            .find(hash, |&number| &*keys[number as usize].name == name)
        {
            return *number;
        }
        let number = u32::try_from(keys.len()).expect("fewer than 2^32 aggregates fit in memory");
        self.keys.push(Key {
            name: name.into(),
            committed: 0,
            highest: 0,
            effects: None,
            read_model: None,
            swept: None,
            reads: Frontier::default(),
        });
        let (keys, hasher) = (&self.keys, &self.hasher);
        self.by_name.insert_unique(hash, number, |&number| {
            hasher.hash_one(&*keys[number as usize].name)
        });
        number
    }

    /// What is known of an aggregate, for more to be added.
    pub(crate) fn entry(&mut self, name: &str) -> &mut Key {
        let number = self.number(name);
        self.at(number)
    }

    /// As [`Self::entry`], by a number that was given out.
    pub(crate) fn at(&mut self, number: u32) -> &mut Key {
        &mut self.keys[number as usize]
    }

    /// The aggregate with this number, if it was given out.
    pub(crate) fn get(&self, number: u32) -> Option<&Key> {
        self.keys.get(number as usize)
    }

    /// Every aggregate, in the order first heard of.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

impl Key {
    pub(crate) fn add_committed(&mut self, sequence: u64) {
        self.committed += 1;
        self.highest = self.highest.max(sequence);
    }

    /// Sums cannot overflow: fewer than 2^32 summands of 32 bits each.
    pub(crate) fn add_effect(&mut self, sequence: u64, level_delta: i32, cost: u32) {
        let sum = self.effects.get_or_insert_default();
        sum.version = sum.version.max(sequence);
        sum.level += i64::from(level_delta);
        sum.spent += u64::from(cost);
    }

    pub(crate) fn add_row(&mut self, row: Totals) {
        self.read_model = self.read_model.max(Some(row));
    }

    pub(crate) fn add_swept(&mut self, version: u64, asked_us: u64) {
        let seen = (version, asked_us);
        self.swept = Some(self.swept.map_or(seen, |known| known.min(seen)));
    }

    /// Whether the committed commands are numbered otherwise than 1, 2, 3, …
    pub(crate) fn has_gap(&self) -> bool {
        self.committed != self.highest
    }
}
