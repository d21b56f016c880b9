//! Two events of one aggregate whose places can be exchanged.

use hashbrown::HashMap;
use uuid::Uuid;

use super::choose::{Found, records};
use super::falsify::Change;
use super::seeded::Chosen;
use crate::anomaly::Subject;
use crate::fact::Fact;
use crate::recording::Recording;

pub(super) fn records_to_swap<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let mut pairs: HashMap<(String, i32), Earliest<i64>> = HashMap::new();
    for record in records(recording)? {
        let record = record?;
        let pair = pairs.entry((record.item_id, record.partition)).or_default();
        pair.offer(record.sequence, record.event_id, record.offset);
    }
    let mut chosen = Chosen::new(seed);
    for ((_, partition), pair) in pairs {
        if let Some((event_id, offsets)) = pair.in_order() {
            chosen.offer(event_id.as_u128(), || {
                let change = Change::SwapRecords { partition, offsets };
                (Subject::Event(event_id), change)
            });
        }
    }
    Ok(chosen.best())
}

pub(super) fn effects_to_swap<R: Recording>(recording: &R, seed: u64) -> Found<R::Error> {
    let mut pairs: HashMap<String, Earliest<u64>> = HashMap::new();
    for fact in recording.facts()? {
        if let Fact::Effect {
            position,
            event_id,
            item_id,
            sequence,
            ..
        } = fact?
        {
            let pair = pairs.entry(item_id).or_default();
            pair.offer(sequence, event_id, position);
        }
    }
    let mut chosen = Chosen::new(seed);
    for pair in pairs.into_values() {
        if let Some((event_id, positions)) = pair.in_order() {
            chosen.offer(event_id.as_u128(), || {
                (Subject::Event(event_id), Change::SwapEffects { positions })
            });
        }
    }
    Ok(chosen.best())
}

/// The two events of least sequence, each with its first place.
struct Earliest<P>([Option<(u64, Uuid, P)>; 2]);

impl<P> Default for Earliest<P> {
    fn default() -> Self {
        Self([None, None])
    }
}

impl<P: Ord + Copy> Earliest<P> {
    fn offer(&mut self, sequence: u64, event_id: Uuid, place: P) {
        let [one, other] = &mut self.0;
        for known in [&mut *one, &mut *other].into_iter().flatten() {
            if known.1 == event_id {
                known.2 = known.2.min(place);
                return;
            }
        }
        let earlier = |known: &Option<(u64, Uuid, P)>| {
            known.is_none_or(|(known, id, _)| (sequence, event_id) < (known, id))
        };
        if earlier(one) {
            *other = one.replace((sequence, event_id, place));
        } else if earlier(other) {
            *other = Some((sequence, event_id, place));
        }
    }

    /// The earlier event and both places, if the events are in order.
    fn in_order(&self) -> Option<(Uuid, [P; 2])> {
        let [Some((first, event_id, from)), Some((second, _, to))] = self.0 else {
            return None;
        };
        (first < second && from < to).then_some((event_id, [from, to]))
    }
}
