//! Each anomaly by itself: what counts as it, what does not, and what its sample tells.

use crate::run::{BOUND_US, Run, clean_runs, found, judge};
use proptest::prelude::*;
use rlab_ledger::samples::{Field, GapSample, Place, Reader, StaleSample, Totals};
use rlab_ledger::{
    CommandAnswer, Exchange, Fact, Operation, OutboxState, Published, ReadAnswer, Stage, Subject,
    Upgrade, UpgradeOutcome,
};
use uuid::Uuid;

const ITEM: &str = "item-1";

fn event(n: u64) -> Uuid {
    Uuid::from_u128(1_000 + u128::from(n))
}

fn acknowledged(n: u64) -> Operation {
    Operation {
        key: ITEM.into(),
        intended_us: 0,
        sent_us: n,
        answered_us: Some(n + 1),
        exchange: Exchange::Command {
            command_id: Uuid::from_u128(n.into()),
            upgrade: Upgrade {
                outcome: UpgradeOutcome::Success,
                cost: 5,
            },
            answer: CommandAnswer::Acknowledged {
                event_id: event(n),
                sequence: n,
            },
        },
    }
}

fn committed(n: u64) -> Fact {
    Fact::Committed {
        command_id: Uuid::from_u128(n.into()),
        event_id: event(n),
        item_id: ITEM.into(),
        sequence: n,
    }
}

fn published(n: u64, offset: i64) -> Fact {
    Fact::Published(Published {
        event_id: event(n),
        item_id: ITEM.into(),
        sequence: n,
        partition: 0,
        offset,
        command_id: Uuid::from_u128(n.into()),
        outcome: UpgradeOutcome::Success,
        cost: 5,
        level_delta: 1,
    })
}

fn effect(n: u64, position: u64) -> Fact {
    Fact::Effect {
        position,
        event_id: event(n),
        item_id: ITEM.into(),
        sequence: n,
        level_delta: 1,
        cost: 5,
    }
}

fn read_model(version: u64, level: i64) -> Fact {
    Fact::ReadModel {
        item_id: ITEM.into(),
        version,
        level,
        spent: level as u64 * 5,
    }
}

/// Three events, each told once everywhere.
fn three() -> Run {
    let mut snapshot = vec![read_model(3, 3)];
    for n in 1..=3 {
        snapshot.extend([committed(n), published(n, n as i64), effect(n, n)]);
    }
    Run::of((1..=3).map(acknowledged).collect(), snapshot)
}

fn read(sent_us: u64, answered_us: u64, answer: ReadAnswer) -> Operation {
    Operation {
        key: ITEM.into(),
        intended_us: sent_us,
        sent_us,
        answered_us: Some(answered_us),
        exchange: Exchange::Read { answer },
    }
}

fn shows(version: u64) -> ReadAnswer {
    ReadAnswer::Found {
        version,
        served: None,
    }
}

proptest! {
    #[test]
    fn a_loss_is_placed_where_the_event_got_stuck(
        run in clean_runs(),
        choice: prop::sample::Index,
        stage in 0usize..6,
    ) {
        let stages = [
            Stage::Published,
            Stage::OutboxSettled,
            Stage::OutboxUnsettled,
            Stage::OutboxParked,
            Stage::CommittedOnly,
            Stage::NeverCommitted,
        ];
        let victim = *choice.get(&run.acknowledged());
        let mut run = run;
        run.snapshot.retain(|fact| match fact {
            Fact::Effect { event_id, .. } => *event_id != victim,
            Fact::Published(record) => stage < 1 || record.event_id != victim,
            Fact::Outbox { event_id, .. } => stage < 4 || *event_id != victim,
            Fact::Committed { event_id, .. } => stage < 5 || *event_id != victim,
            _ => true,
        });
        for fact in &mut run.snapshot {
            if let Fact::Outbox { event_id, state, .. } = fact && *event_id == victim {
                match stages[stage] {
                    Stage::OutboxUnsettled => *state = OutboxState::Pending,
                    Stage::OutboxParked => *state = OutboxState::Parked,
                    _ => {}
                }
            }
        }
        let accounting = judge(&run, &[]);
        prop_assert_eq!(accounting.lost.count, 1);
        prop_assert_eq!(accounting.lost.samples[0].event_id, victim);
        prop_assert_eq!(accounting.lost.samples[0].stage, stages[stage]);
        prop_assert_eq!(accounting.stuck.get(&stages[stage]), Some(&1));
        prop_assert_eq!(accounting.parked(), u64::from(stages[stage] == Stage::OutboxParked));
        prop_assert!(accounting.effect_twice.count == 0 && accounting.reordered.count == 0);
    }

    #[test]
    fn an_effect_that_the_read_model_lacks_shows_as_a_difference(
        run in clean_runs(),
        choice: prop::sample::Index,
    ) {
        let mut run = run;
        let mut rows: Vec<&mut Fact> = run
            .snapshot
            .iter_mut()
            .filter(|fact| matches!(fact, Fact::ReadModel { .. }))
            .collect();
        let row = choice.index(rows.len());
        let Fact::ReadModel { item_id, spent, .. } = &mut *rows[row] else {
            unreachable!("only rows are left");
        };
        *spent += 1;
        let item = Subject::Item(item_id.clone());
        let accounting = judge(&run, &[]);
        prop_assert_eq!(found(&accounting), ["read_model_differs"]);
        prop_assert!(accounting.read_model_differs.names(&item));
    }

    #[test]
    fn an_invented_effect_is_an_unknown_event_and_adds_what_nobody_asked_for(run in clean_runs()) {
        let mut run = run;
        run.snapshot.push(Fact::Effect {
            position: 10_000,
            event_id: Uuid::from_u128(7),
            item_id: "item-0".into(),
            sequence: 1,
            level_delta: 1,
            cost: 1,
        });
        let accounting = judge(&run, &[]);
        prop_assert_eq!(found(&accounting), ["unknown_event", "read_model_differs"]);
        prop_assert!(accounting.unknown_event.names(&Subject::Event(Uuid::from_u128(7))));
    }

    #[test]
    fn a_read_older_than_the_bound_allows_is_stale_in_whichever_load_it_was(
        run in clean_runs(),
        late in 1u64..500,
    ) {
        let mut run = run;
        let newest = run.snapshot.iter().find_map(|fact| match fact {
            Fact::ReadModel { item_id, version, .. } if item_id == "item-0" => Some(*version),
            _ => None,
        });
        let newest = newest.unwrap();
        let asked = 1_000_000;
        for (load, sent_us, version) in [
            ("reads", asked, newest),
            ("others", asked + 10 + BOUND_US + late, newest - 1),
        ] {
            let mut operation = read(sent_us, sent_us + 10, shows(version));
            operation.key = "item-0".into();
            run.histories.entry(load.into()).or_default().push(operation);
        }
        let accounting = judge(&run, &[]);
        prop_assert_eq!(found(&accounting), ["stale_cache"]);
        prop_assert_eq!(&accounting.stale_cache.samples[0], &StaleSample {
            key: "item-0".into(),
            version: newest - 1,
            newer: newest,
            known_for_us: BOUND_US + late,
            reader: Reader::Load,
            sent_us: asked + 10 + BOUND_US + late,
        });
    }
}

#[test]
fn a_read_within_the_bound_may_be_old_and_one_that_found_nothing_counts_as_oldest() {
    let stale = |history: Vec<Operation>| judge(&Run::of(history, Vec::new()), &[]).stale_cache;
    let newer = read(0, 10, shows(2));
    let at_bound = read(10 + BOUND_US, 9_999, shows(1));
    assert_eq!(stale(vec![at_bound.clone(), newer.clone()]).count, 0);
    let beyond = read(11 + BOUND_US, 9_999, ReadAnswer::NotFound);
    let found = stale(vec![beyond, at_bound, newer]);
    assert_eq!((found.count, found.samples[0].version), (1, 0));
}

#[test]
fn a_sweep_is_judged_by_what_it_read_later_than_the_bound() {
    let swept = |asked_us, version| {
        let mut run = three();
        run.snapshot.push(Fact::Cached {
            item_id: ITEM.into(),
            version,
            asked_us,
        });
        judge(&run, &[]).stale_cache
    };
    assert_eq!(swept(BOUND_US, 2).count, 0);
    assert_eq!(swept(BOUND_US + 1, 3).count, 0);
    let found = swept(BOUND_US + 1, 2);
    assert_eq!(found.count, 1);
    assert_eq!(found.samples[0].reader, Reader::Sweep);
    assert_eq!((found.samples[0].version, found.samples[0].newer), (2, 3));
}

#[test]
fn redelivery_is_a_duplicate_and_a_reordering_tells_where_it_was() {
    let in_order = |topic: &[u64], effects: &[u64]| {
        let mut run = three();
        run.snapshot
            .retain(|f| !matches!(f, Fact::Published(_) | Fact::Effect { .. }));
        let places = topic.iter().zip(0..);
        run.snapshot.extend(places.map(|(n, at)| published(*n, at)));
        let places = effects.iter().zip(0..);
        run.snapshot.extend(places.map(|(n, at)| effect(*n, at)));
        judge(&run, &[])
    };
    let redelivered = in_order(&[1, 2, 3, 2, 3], &[1, 2, 3, 2, 3]);
    assert_eq!(redelivered.reordered.count, 0);
    assert_eq!(redelivered.duplicate_publish.count, 2);
    assert_eq!(redelivered.effect_twice.count, 2);
    assert_eq!(redelivered.effect_twice.samples[0].times, 2);
    let tripled = in_order(&[1, 2, 2, 2, 3], &[1, 2, 3]);
    assert_eq!(tripled.duplicate_publish.count, 2);
    assert_eq!(tripled.duplicate_publish.samples.len(), 1);
    for (topic, effects, place) in [
        ([1, 3, 2], [1, 2, 3], Place::Topic),
        ([1, 2, 3], [1, 3, 2], Place::Effects),
    ] {
        let reordered = in_order(&topic, &effects).reordered;
        assert_eq!(reordered.count, 1);
        let sample = &reordered.samples[0];
        assert_eq!((sample.sequence, sample.after, sample.place), (2, 3, place));
    }
}

#[test]
fn an_event_told_in_two_ways_is_altered_and_its_sample_says_in_what() {
    let altered = |change: fn(&mut Published)| {
        let mut run = three();
        for fact in &mut run.snapshot {
            if let Fact::Published(record) = fact
                && record.event_id == event(2)
            {
                change(record);
            }
        }
        let found = judge(&run, &[]).altered_payload;
        assert_eq!(found.count, 1);
        assert_eq!(found.samples[0].event_id, event(2));
        found.samples[0].fields.clone()
    };
    assert_eq!(altered(|r| r.cost = 6), [Field::Cost]);
    assert_eq!(altered(|r| r.level_delta = 2), [Field::LevelDelta]);
    assert_eq!(altered(|r| r.sequence = 9), [Field::Sequence]);
    assert_eq!(altered(|r| r.item_id = "item-2".into()), [Field::Item]);
    assert_eq!(
        altered(|r| r.outcome = UpgradeOutcome::Keep),
        [Field::Outcome]
    );
    assert_eq!(altered(|r| r.command_id = Uuid::nil()), [Field::Command]);
}

#[test]
fn what_the_client_asked_counts_even_where_its_answer_was_lost() {
    let mut run = three();
    for operation in run.histories.values_mut().flatten() {
        if let Exchange::Command {
            command_id,
            upgrade,
            answer,
        } = &mut operation.exchange
            && *command_id == Uuid::from_u128(3)
        {
            upgrade.cost = 4;
            *answer = CommandAnswer::Refused { status: 503 };
        }
    }
    let accounting = judge(&run, &[]);
    assert_eq!(accounting.committed_unacknowledged, 1);
    assert_eq!(found(&accounting), ["altered_payload"]);
    assert_eq!(accounting.altered_payload.samples[0].event_id, event(3));
}

#[test]
fn an_outbox_row_without_a_command_is_an_orphan_and_its_state_is_told() {
    for state in [
        OutboxState::Pending,
        OutboxState::Settled,
        OutboxState::Parked,
    ] {
        let mut run = three();
        run.snapshot.push(Fact::Outbox {
            event_id: event(9),
            item_id: ITEM.into(),
            sequence: 9,
            state,
        });
        let accounting = judge(&run, &[]);
        assert_eq!(found(&accounting), ["outbox_orphan"]);
        let sample = &accounting.outbox_orphan.samples[0];
        assert_eq!((sample.event_id, sample.state), (event(9), state));
        let parked = u64::from(state == OutboxState::Parked);
        assert_eq!(accounting.outbox_parked, parked);
    }
}

#[test]
fn a_command_that_vanished_leaves_a_hole_in_the_numbers() {
    let mut run = three();
    run.histories.clear();
    run.snapshot.retain(|fact| match fact {
        Fact::Committed { sequence, .. } => *sequence != 2,
        _ => true,
    });
    let gap = judge(&run, &[]).sequence_gap;
    let expected = GapSample {
        key: ITEM.into(),
        committed: 2,
        highest: 3,
        missing: Some(2),
    };
    assert_eq!(gap.samples, [expected]);
}

#[test]
fn a_read_model_without_its_row_or_its_effects_differs() {
    let mut run = three();
    run.snapshot
        .retain(|f| !matches!(f, Fact::ReadModel { .. }));
    let differs = judge(&run, &[]).read_model_differs;
    let sum = Totals {
        version: 3,
        level: 3,
        spent: 15,
    };
    assert_eq!(differs.count, 1);
    assert_eq!(differs.samples[0].effects, Some(sum));
    assert_eq!(differs.samples[0].read_model, None);
}

#[test]
fn what_was_set_aside_or_cannot_be_read_is_counted() {
    let mut run = three();
    let (partition, offset) = (0, 77);
    run.snapshot.extend([
        Fact::ParkedRecord {
            partition,
            offset,
            reason: "unknown schema".into(),
        },
        Fact::Unreadable {
            partition,
            offset,
            why: "unknown schema".into(),
        },
    ]);
    let accounting = judge(&run, &[]);
    assert_eq!((accounting.parked(), accounting.records_unreadable), (1, 1));
    assert!(accounting.is_clean());
}

#[test]
fn samples_are_bounded_but_a_watched_event_is_always_named() {
    let run = Run::of((1..=100).map(acknowledged).collect(), Vec::new());
    let watched = Subject::Event(event(90));
    let accounting = judge(&run, std::slice::from_ref(&watched));
    assert_eq!(accounting.lost.count, 100);
    assert_eq!(accounting.lost.samples.len(), 21);
    assert!(accounting.lost.names(&watched));
    assert!(accounting.lost.names(&Subject::Event(event(20))));
    assert!(!accounting.lost.names(&Subject::Event(event(21))));
}

#[test]
fn a_command_told_of_twice_is_one_obligation() {
    let run = Run::of(vec![acknowledged(1), acknowledged(1)], Vec::new());
    let accounting = judge(&run, &[]);
    assert_eq!((accounting.acknowledged, accounting.obligations), (2, 1));
    assert_eq!(accounting.lost.count, 1);

    let mut silent = acknowledged(1);
    if let Exchange::Command { answer, .. } = &mut silent.exchange {
        *answer = CommandAnswer::Refused { status: 503 };
    }
    let history = vec![silent.clone(), silent, acknowledged(1)];
    let accounting = judge(&Run::of(history, vec![committed(1)]), &[]);
    assert_eq!(accounting.obligations, 1);
    assert_eq!(accounting.committed_unacknowledged, 1);
    assert_eq!(accounting.stuck.get(&Stage::CommittedOnly), Some(&1));
}
