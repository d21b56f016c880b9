//! The judge is judged: clean runs are never accused, each broken run is accused by name.

mod common;

use std::convert::Infallible;

use common::{Run, clean_runs, judge};
use proptest::prelude::*;
use rlab_ledger::control::KINDS;
use rlab_ledger::{Control, ControlKind, Fact, Operation, Outcome, Stage, Window};
use uuid::Uuid;

fn control(kind: ControlKind, run: &Run, seed: u64) -> Control {
    Control::prepare(
        kind,
        run.history.iter().cloned().map(Ok::<_, Infallible>),
        run.snapshot.iter().cloned().map(Ok),
        seed,
    )
    .unwrap()
}

fn mutated(control: &Control, run: &Run) -> Run {
    let facts = run.snapshot.iter().cloned().map(Ok::<_, Infallible>);
    Run {
        history: run.history.clone(),
        snapshot: control.apply(facts).map(Result::unwrap).collect(),
    }
}

fn acknowledged_event(run: &Run, choice: prop::sample::Index) -> Uuid {
    let events: Vec<Uuid> = run
        .history
        .iter()
        .filter_map(|operation| match operation.outcome {
            Outcome::Acknowledged { event_id, .. } => Some(event_id),
            _ => None,
        })
        .collect();
    *choice.get(&events)
}

proptest! {
    #[test]
    fn a_clean_run_is_never_accused(run in clean_runs()) {
        let accounting = judge(&run, &[], &[]);
        prop_assert!(accounting.is_clean(), "{accounting:?}");
        let committed = run.snapshot.iter().filter(|f| matches!(f, Fact::Committed { .. })).count();
        prop_assert_eq!(accounting.obligations, committed as u64);
        prop_assert_eq!(
            accounting.obligations,
            accounting.acknowledged + accounting.committed_unacknowledged
        );
        prop_assert_eq!(
            accounting.operations,
            accounting.acknowledged + accounting.refused + accounting.unknown
        );
    }

    #[test]
    fn every_control_is_caught_and_only_under_its_own_name(run in clean_runs(), seed: u64) {
        for kind in KINDS {
            let control = control(kind, &run, seed);
            prop_assert!(!control.caught(&judge(&run, &[], &[control.must_name()])));
            let accounting = judge(&mutated(&control, &run), &[], &[control.must_name()]);
            prop_assert!(control.caught(&accounting), "{kind:?}: {accounting:?}");
            let counts = (
                accounting.lost.count,
                accounting.effect_twice.count,
                accounting.reordered.count > 0,
                accounting.unknown_event.count,
            );
            prop_assert_eq!(counts, match kind {
                ControlKind::DropOneEvent => (1, 0, false, 0),
                ControlKind::DoubleOneEffect => (0, 1, false, 0),
                ControlKind::SwapTwoEffects => (0, 0, true, 0),
            });
        }
    }

    #[test]
    fn a_control_depends_on_its_seed_and_not_on_the_order_of_lines(run in clean_runs(), seed: u64) {
        let mut turned = run.clone();
        turned.history.reverse();
        turned.snapshot.reverse();
        for kind in [ControlKind::DropOneEvent, ControlKind::DoubleOneEffect] {
            prop_assert_eq!(control(kind, &run, seed), control(kind, &turned, seed));
        }
    }

    #[test]
    fn an_invented_effect_or_record_is_an_unknown_event(run in clean_runs(), effect: bool) {
        let mut run = run;
        let event_id = Uuid::from_u128(7);
        run.snapshot.push(if effect {
            Fact::Effect { position: 10_000, event_id, item_id: "item-0".into(), sequence: 999 }
        } else {
            Fact::Published { event_id, item_id: "item-0".into(), sequence: 999, partition: 0, offset: 1 }
        });
        let accounting = judge(&run, &[], &[]);
        prop_assert_eq!(accounting.unknown_event.count, 1);
        prop_assert!(accounting.unknown_event.names(event_id));
        prop_assert_eq!(accounting.lost.count, 0);
    }

    #[test]
    fn a_loss_is_placed_where_the_event_got_stuck(
        run in clean_runs(),
        choice: prop::sample::Index,
        stage in 0usize..5,
    ) {
        let stages = [
            Stage::Published,
            Stage::OutboxSettled,
            Stage::OutboxUnsettled,
            Stage::CommittedOnly,
            Stage::NeverCommitted,
        ];
        let victim = acknowledged_event(&run, choice);
        let mut run = run;
        run.snapshot.retain(|fact| match fact {
            Fact::Effect { event_id, .. } => *event_id != victim,
            Fact::Published { event_id, .. } => stage < 1 || *event_id != victim,
            Fact::Outbox { event_id, .. } => stage < 3 || *event_id != victim,
            Fact::Committed { event_id, .. } => stage < 4 || *event_id != victim,
        });
        for fact in &mut run.snapshot {
            if let Fact::Outbox { event_id, settled } = fact && *event_id == victim && stage >= 2 {
                *settled = false;
            }
        }
        let accounting = judge(&run, &[], &[]);
        prop_assert_eq!(accounting.lost.count, 1);
        prop_assert_eq!(accounting.lost.samples[0].event_id, victim);
        prop_assert_eq!(accounting.lost.samples[0].stage, stages[stage]);
        prop_assert_eq!(accounting.lost.stuck.get(&stages[stage]), Some(&1));
        prop_assert!(accounting.effect_twice.count == 0 && accounting.reordered.count == 0);
    }

    #[test]
    fn windows_that_cover_the_run_share_out_every_obligation(run in clean_runs(), cut in 0u64..700) {
        let window = |name: &str, from_us, to_us| Window { name: name.into(), from_us, to_us };
        let windows = [window("before", 0, cut), window("after", cut, u64::MAX)];
        let mut run = run;
        run.snapshot.retain(|fact| !matches!(fact, Fact::Effect { .. }));
        let accounting = judge(&run, &windows, &[]);
        let sum = |of: fn(&rlab_ledger::WindowAccount) -> u64| -> u64 {
            accounting.windows.iter().map(of).sum()
        };
        prop_assert_eq!(sum(|w| w.obligations), accounting.obligations);
        prop_assert_eq!(sum(|w| w.lost), accounting.lost.count);
        let early = run.history.iter().filter(|o| o.sent_us < cut);
        let early = early.filter(|o| matches!(o.outcome, Outcome::Acknowledged { .. })).count();
        prop_assert!(accounting.window("before").unwrap().obligations >= early as u64);
    }
}

fn acknowledged(n: u128) -> Operation {
    Operation {
        command_id: Uuid::from_u128(n),
        key: "item-1".into(),
        intended_us: 0,
        sent_us: 0,
        answered_us: Some(1),
        outcome: Outcome::Acknowledged {
            event_id: Uuid::from_u128(1_000 + n),
            sequence: n as u64,
        },
    }
}

#[test]
fn samples_are_bounded_but_a_watched_event_is_always_named() {
    let run = Run {
        history: (1..=100).map(acknowledged).collect(),
        snapshot: Vec::new(),
    };
    let watched = Uuid::from_u128(1_090);
    let accounting = judge(&run, &[], &[watched]);
    assert_eq!(accounting.lost.count, 100);
    assert_eq!(accounting.lost.samples.len(), 21);
    assert!(accounting.lost.names(watched));
    assert!(!accounting.lost.names(Uuid::from_u128(1_080)));
}

#[test]
fn a_command_acknowledged_twice_is_one_obligation() {
    let run = Run {
        history: vec![acknowledged(1), acknowledged(1)],
        snapshot: Vec::new(),
    };
    let accounting = judge(&run, &[], &[]);
    assert_eq!((accounting.acknowledged, accounting.obligations), (2, 1));
    assert_eq!(accounting.lost.count, 1);
}

#[test]
fn redelivered_effects_are_duplicates_and_not_reorderings() {
    let mut run = Run {
        history: (1..=3).map(acknowledged).collect(),
        snapshot: Vec::new(),
    };
    for n in 1..=3u128 {
        run.snapshot.push(Fact::Committed {
            command_id: Uuid::from_u128(n),
            event_id: Uuid::from_u128(1_000 + n),
            item_id: "item-1".into(),
            sequence: n as u64,
        });
    }
    for (position, n) in [1, 2, 3, 2, 3].into_iter().enumerate() {
        run.snapshot.push(Fact::Effect {
            position: position as u64,
            event_id: Uuid::from_u128(1_000 + n),
            item_id: "item-1".into(),
            sequence: n as u64,
        });
    }
    let accounting = judge(&run, &[], &[]);
    assert_eq!(accounting.reordered.count, 0);
    assert_eq!(accounting.effect_twice.count, 2);
}

#[test]
fn a_read_error_ends_the_accounting() {
    let facts = [Err("line 3 is cut off")];
    let none: [Result<Operation, &str>; 0] = [];
    assert_eq!(
        rlab_ledger::account(none, facts, &[]),
        Err("line 3 is cut off")
    );
}

#[test]
fn a_control_without_anything_to_mutate_says_so() {
    let none = || std::iter::empty::<Result<Operation, Infallible>>();
    for kind in KINDS {
        let error = Control::prepare(kind, none(), std::iter::empty(), 1).unwrap_err();
        assert!(error.to_string().starts_with(kind.name()), "{error}");
        assert_eq!(kind.name().parse(), Ok(kind));
    }
}
