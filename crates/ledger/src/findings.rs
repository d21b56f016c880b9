//! What the stores hold against each other, event by event and aggregate by aggregate.

use hashbrown::HashMap;
use uuid::Uuid;

use crate::account::Terms;
use crate::accounting::Accounting;
use crate::event::Event;
use crate::events::Events;
use crate::fact::OutboxState;
use crate::keys::Key;
use crate::samples::{
    AlteredSample, DiffersSample, EventSample, GapSample, OrphanSample, Place, Reader,
    ReorderSample, RepeatSample, StaleSample,
};

/// Adds everything that shows in the snapshot alone, and what the histories made of its events.
pub(crate) fn collect(events: &Events, terms: &Terms<'_>, result: &mut Accounting) {
    let mut findings = Findings {
        events,
        terms,
        result,
    };
    findings.result.records_parked = events.parked_records;
    findings.result.records_unreadable = events.unreadable_records;
    findings.result.swept = events.swept;
    for event in events.iter() {
        findings.event(event);
    }
    findings.topic_order();
    findings.effect_order();
    for key in events.keys.iter() {
        findings.key(key);
    }
    findings.gaps();
}

struct Findings<'a> {
    events: &'a Events,
    terms: &'a Terms<'a>,
    result: &'a mut Accounting,
}

impl Findings<'_> {
    fn event(&mut self, event: &Event) {
        let (result, watch) = (&mut *self.result, self.terms.watch);
        result.committed += u64::from(event.is_committed());
        result.outbox_unsettled += u64::from(event.outbox == Some(OutboxState::Pending));
        result.outbox_parked += u64::from(event.outbox == Some(OutboxState::Parked));
        result.published += u64::from(event.records > 0);
        result.effective += u64::from(event.effects > 0);
        let name = self.events.key(event);
        let (event_id, sequence) = (event.event_id, event.sequence);
        let rank = (sequence, name, event_id);
        let key = || name.to_owned();
        let repeated = |times: u16| {
            move || RepeatSample {
                event_id,
                key: key(),
                sequence,
                times,
            }
        };
        if event.records > 1 {
            let duplicates = &mut result.duplicate_publish;
            duplicates.note(rank, watch, repeated(event.records));
            duplicates.count += u64::from(event.records - 2);
        }
        if event.effects > 1 {
            result
                .effect_twice
                .note(rank, watch, repeated(event.effects));
        }
        if event.is_altered() {
            result.altered_payload.note(rank, watch, || AlteredSample {
                event_id,
                key: key(),
                sequence,
                fields: event.altered(),
            });
        }
        if event.is_committed() {
            return;
        }
        if event.records > 0 || event.effects > 0 {
            result.unknown_event.note(rank, watch, || EventSample {
                event_id,
                key: key(),
                sequence,
            });
        }
        if let Some(state) = event.outbox {
            result.outbox_orphan.note(rank, watch, || OrphanSample {
                event_id,
                key: key(),
                sequence,
                state,
            });
        }
    }

    /// Only first records count, within one partition: 1, 2, 3, 2, 3 is a duplicate.
    fn topic_order(&mut self) {
        let place = |event: &Event| {
            (event.records > 0).then_some((event.key, event.partition, event.first_offset))
        };
        let order = self.events.sorted_by(place);
        for group in order.chunk_by(|a, b| (a.key, a.partition) == (b.key, b.partition)) {
            self.order(group, Place::Topic);
        }
    }

    /// Only first effects count, for the same reason.
    fn effect_order(&mut self) {
        let place = |event: &Event| (event.effects > 0).then_some((event.key, event.first_effect));
        let order = self.events.sorted_by(place);
        for group in order.chunk_by(|a, b| a.key == b.key) {
            self.order(group, Place::Effects);
        }
    }

    fn order(&mut self, of_one_key: &[&Event], place: Place) {
        let mut highest = 0;
        for event in of_one_key {
            if event.sequence < highest {
                let key = self.events.key(event);
                let rank = (event.sequence, key, event.event_id);
                let anomaly = &mut self.result.reordered;
                anomaly.note(rank, self.terms.watch, || ReorderSample {
                    event_id: event.event_id,
                    key: key.to_owned(),
                    sequence: event.sequence,
                    after: highest,
                    place,
                });
            }
            highest = highest.max(event.sequence);
        }
    }

    fn key(&mut self, key: &Key) {
        let watch = self.terms.watch;
        self.result.items += u64::from(key.read_model.is_some());
        if key.effects != key.read_model {
            let rank = (0, &*key.name, Uuid::nil());
            let anomaly = &mut self.result.read_model_differs;
            anomaly.note(rank, watch, || DiffersSample {
                key: key.name.to_string(),
                effects: key.effects,
                read_model: key.read_model,
            });
        }
        let judged = (key.swept, key.read_model, self.terms.stale_bound_us);
        if let (Some((version, asked_us)), Some(row), Some(bound_us)) = judged
            && asked_us > bound_us
            && version < row.version
        {
            let rank = (asked_us, &*key.name, Uuid::nil());
            let anomaly = &mut self.result.stale_cache;
            anomaly.note(rank, watch, || StaleSample {
                key: key.name.to_string(),
                version,
                newer: row.version,
                known_for_us: asked_us,
                reader: Reader::Sweep,
                sent_us: asked_us,
            });
        }
    }

    /// Numbers that are missing among committed commands, looked for only where the count says so.
    fn gaps(&mut self) {
        let keys = &self.events.keys;
        let mut numbers: HashMap<u32, Vec<u64>> = HashMap::new();
        for event in self.events.iter().filter(|event| event.is_committed()) {
            if keys.get(event.key).is_some_and(Key::has_gap) {
                numbers.entry(event.key).or_default().push(event.sequence);
            }
        }
        for (number, mut sequences) in numbers {
            let Some(key) = keys.get(number) else {
                continue;
            };
            let rank = (0, &*key.name, Uuid::nil());
            self.result
                .sequence_gap
                .note(rank, self.terms.watch, || GapSample {
                    key: key.name.to_string(),
                    committed: key.committed,
                    highest: key.highest,
                    missing: first_missing(&mut sequences),
                });
        }
    }
}

fn first_missing(sequences: &mut Vec<u64>) -> Option<u64> {
    sequences.sort_unstable();
    sequences.dedup();
    let numbered = (1..).zip(sequences.iter());
    let mut wrong = numbered.filter(|(wanted, found)| wanted != *found);
    wrong.next().map(|(wanted, _)| wanted)
}

#[cfg(test)]
mod tests {
    use super::first_missing;

    #[test]
    fn the_first_number_that_is_missing_is_found() {
        assert_eq!(first_missing(&mut vec![3, 1, 2]), None);
        assert_eq!(first_missing(&mut vec![4, 1, 2, 2]), Some(3));
        assert_eq!(first_missing(&mut vec![2]), Some(1));
    }
}
