//! What each control falsifies: of all that would do, the one of least seeded rank.

use hashbrown::{HashMap, HashSet};
use uuid::Uuid;

use super::falsify::{Change, Contribution};
use super::seeded::{Chosen, mix};
use crate::anomaly::Subject;
use crate::fact::{Fact, Published};
use crate::operation::{CommandAnswer, Exchange};
use crate::recording::Recording;

pub(super) type Found<E> = Result<Option<(Subject, Change)>, E>;

pub(super) fn drop<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let acknowledged = acknowledged(recording)?;
    let mut newest: HashMap<String, Newest> = HashMap::new();
    let mut chosen = Chosen::new(seed);
    for fact in recording.facts()? {
        let Fact::Effect {
            event_id,
            item_id,
            sequence,
            level_delta,
            cost,
            ..
        } = fact?
        else {
            continue;
        };
        newest
            .entry_ref(item_id.as_str())
            .or_default()
            .offer(event_id, sequence);
        if acknowledged.contains(&event_id) {
            chosen.offer(event_id.as_u128(), || {
                let taken = Contribution {
                    item_id,
                    level_delta,
                    cost,
                };
                (event_id, taken)
            });
        }
    }
    Ok(chosen.best().map(|(event_id, taken)| {
        let of_item = newest.remove(&taken.item_id).unwrap_or_default();
        let change = Change::Drop {
            event_id,
            version_left: of_item.without(event_id),
            taken,
        };
        (Subject::Event(event_id), change)
    }))
}

fn acknowledged<R: Recording>(recording: &R) -> Result<HashSet<Uuid>, R::Error> {
    let mut acknowledged = HashSet::new();
    for load in recording.loads() {
        for operation in recording.history(&load)? {
            if let Exchange::Command {
                answer: CommandAnswer::Acknowledged { event_id, .. },
                ..
            } = operation?.exchange
            {
                acknowledged.insert(event_id);
            }
        }
    }
    Ok(acknowledged)
}

/// The two newest events of an aggregate that took effect.
#[derive(Default)]
struct Newest([Option<(u64, Uuid)>; 2]);

impl Newest {
    fn offer(&mut self, event_id: Uuid, sequence: u64) {
        let offered = Some((sequence, event_id));
        if self.0.contains(&offered) {
            return;
        }
        if offered > self.0[0] {
            self.0 = [offered, self.0[0]];
        } else {
            self.0[1] = self.0[1].max(offered);
        }
    }

    fn without(&self, event_id: Uuid) -> Option<u64> {
        let mut left = self.0.iter().flatten().filter(|(_, id)| *id != event_id);
        left.next().map(|(sequence, _)| *sequence)
    }
}

pub(super) fn record_to_double<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let mut single: HashMap<Uuid, bool> = HashMap::new();
    for record in records(recording)? {
        let known = single.entry(record?.event_id);
        known.and_modify(|single| *single = false).or_insert(true);
    }
    let of_single = |record: &Published| single.get(&record.event_id) == Some(&true);
    let found = one_record(recording, seed, of_single)?;
    Ok(found.map(|(record, next_offset)| {
        let subject = Subject::Event(record.event_id);
        let copy = Published {
            offset: next_offset,
            ..record
        };
        (subject, Change::AddRecord(copy))
    }))
}

pub(super) fn effect_to_double<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let mut last = 0;
    let mut chosen = Chosen::new(seed);
    for fact in recording.facts()? {
        let fact = fact?;
        if let Fact::Effect {
            position, event_id, ..
        } = &fact
        {
            last = last.max(*position);
            let event_id = *event_id;
            chosen.offer(event_id.as_u128(), || (event_id, fact));
        }
    }
    Ok(chosen.best().and_then(|(event_id, mut effect)| {
        let Fact::Effect {
            position,
            item_id,
            level_delta,
            cost,
            ..
        } = &mut effect
        else {
            return None;
        };
        *position = last + 1;
        let given = Contribution {
            item_id: item_id.clone(),
            level_delta: *level_delta,
            cost: *cost,
        };
        let change = Change::AddEffect { effect, given };
        Some((Subject::Event(event_id), change))
    }))
}

pub(super) fn payload_to_alter<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let mut effective = HashSet::new();
    for fact in recording.facts()? {
        if let Fact::Effect { event_id, .. } = fact? {
            effective.insert(event_id);
        }
    }
    let had_effect = |record: &Published| effective.contains(&record.event_id);
    let found = one_record(recording, seed, had_effect)?;
    Ok(found.map(|(record, _)| {
        let change = Change::Alter {
            partition: record.partition,
            offset: record.offset,
        };
        (Subject::Event(record.event_id), change)
    }))
}

pub(super) fn event_to_invent<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let found = one_record(recording, seed, |_| true)?;
    Ok(found.map(|(record, next_offset)| {
        let invented = |id: Uuid| {
            let (high, low) = id.as_u64_pair();
            Uuid::from_u64_pair(mix(seed ^ high), mix(seed ^ low))
        };
        let copy = Published {
            event_id: invented(record.event_id),
            command_id: invented(record.command_id),
            offset: next_offset,
            ..record
        };
        (Subject::Event(copy.event_id), Change::AddRecord(copy))
    }))
}

pub(super) fn entry_to_age<R: Recording>(
    recording: &R,
    bound_us: u64,
    seed: u64,
) -> Found<R::Error> {
    let mut versions: HashMap<String, u64> = HashMap::new();
    for fact in recording.facts()? {
        if let Fact::ReadModel {
            item_id, version, ..
        } = fact?
        {
            versions.insert(item_id, version);
        }
    }
    let mut chosen = Chosen::new(seed);
    for fact in recording.facts()? {
        let Fact::Cached {
            item_id, asked_us, ..
        } = fact?
        else {
            continue;
        };
        let before = versions.get(&item_id).and_then(|v| v.checked_sub(1));
        if let (Some(version), true) = (before, asked_us > bound_us) {
            let id = item_id
                .bytes()
                .fold(0, |id, byte| mix(id ^ u64::from(byte)));
            chosen.offer(u128::from(id), || (item_id, version));
        }
    }
    Ok(chosen.best().map(|(item_id, version)| {
        let subject = Subject::Item(item_id.clone());
        (subject, Change::Age { item_id, version })
    }))
}

pub(super) fn records<R: Recording>(
    recording: &R,
) -> Result<impl Iterator<Item = Result<Published, R::Error>>, R::Error> {
    Ok(recording.facts()?.filter_map(|fact| match fact {
        Ok(Fact::Published(record)) => Some(Ok(record)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }))
}

/// One record that will do, and the offset after the last of its partition.
fn one_record<R: Recording>(
    recording: &R,
    seed: u64,
    will_do: impl Fn(&Published) -> bool,
) -> Result<Option<(Published, i64)>, R::Error> {
    let mut ends: HashMap<i32, i64> = HashMap::new();
    let mut chosen = Chosen::new(seed);
    for record in records(recording)? {
        let record = record?;
        let end = ends.entry(record.partition).or_default();
        *end = (*end).max(record.offset + 1);
        if will_do(&record) {
            let place = mix(mix(record.partition as u64) ^ record.offset as u64);
            let id = record.event_id.as_u128() ^ u128::from(place);
            chosen.offer(id, || record);
        }
    }
    let with_end = |record: Published| {
        let end = ends.get(&record.partition).copied().unwrap_or_default();
        (record, end)
    };
    Ok(chosen.best().map(with_end))
}
