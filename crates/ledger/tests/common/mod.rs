//! Clean runs to judge: what a correct pipeline would have recorded.

use std::convert::Infallible;

use proptest::prelude::*;
use rlab_ledger::{Accounting, Fact, Operation, Outcome, Window, account_watching};
use uuid::Uuid;

/// How one command went, from the client's point of view and MySQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Acknowledged,
    Refused,
    FailedUncommitted,
    FailedCommitted,
    SilentUncommitted,
    SilentCommitted,
}

/// A recorded run.
#[derive(Debug, Clone)]
pub struct Run {
    pub history: Vec<Operation>,
    pub snapshot: Vec<Fact>,
}

/// One command of a plan: key, fate, extra records, a priority for the interleaving.
type Planned = (u8, Fate, u8, u32);

fn planned() -> impl Strategy<Value = Planned> {
    let fate = prop_oneof![
        6 => Just(Fate::Acknowledged),
        1 => Just(Fate::Refused),
        1 => Just(Fate::FailedUncommitted),
        1 => Just(Fate::FailedCommitted),
        1 => Just(Fate::SilentUncommitted),
        1 => Just(Fate::SilentCommitted),
    ];
    (0u8..5, fate, 0u8..3, any::<u32>())
}

/// Random clean runs in which at least two acknowledged commands share a key.
pub fn clean_runs() -> impl Strategy<Value = Run> {
    (prop::collection::vec(planned(), 1..60), any::<u64>()).prop_map(|(mut plan, shuffle)| {
        plan.push((0, Fate::Acknowledged, 0, 0));
        plan.push((0, Fate::Acknowledged, 0, u32::MAX));
        record(&plan, shuffle)
    })
}

fn record(plan: &[Planned], shuffle: u64) -> Run {
    let mut run = Run {
        history: Vec::new(),
        snapshot: Vec::new(),
    };
    let mut next = [0u64; 256];
    let mut effects = Vec::new();
    for (n, (key, fate, extra, priority)) in plan.iter().copied().enumerate() {
        let n = n as u128;
        let (command_id, event_id) = (Uuid::from_u128(1_000 + n), Uuid::from_u128(9_000 + n));
        let committed = matches!(
            fate,
            Fate::Acknowledged | Fate::FailedCommitted | Fate::SilentCommitted
        );
        let item_id = format!("item-{key}");
        let sequence = &mut next[usize::from(key)];
        if committed {
            *sequence += 1;
            let sequence = *sequence;
            run.snapshot.push(Fact::Committed {
                command_id,
                event_id,
                item_id: item_id.clone(),
                sequence,
            });
            run.snapshot.push(Fact::Outbox {
                event_id,
                settled: true,
            });
            for copy in 0..=extra {
                run.snapshot.push(Fact::Published {
                    event_id,
                    item_id: item_id.clone(),
                    sequence,
                    partition: i32::from(key),
                    offset: n as i64 * 10 + i64::from(copy),
                });
            }
            effects.push((priority, event_id, item_id.clone(), sequence));
        }
        run.history.push(operation(
            n as u64, command_id, item_id, fate, event_id, *sequence,
        ));
    }
    run.snapshot.extend(interleaved(effects));
    scatter(&mut run.snapshot, shuffle);
    scatter(&mut run.history, shuffle.rotate_left(17));
    run
}

fn operation(
    n: u64,
    command_id: Uuid,
    key: String,
    fate: Fate,
    event_id: Uuid,
    sequence: u64,
) -> Operation {
    let (outcome, answered_us) = match fate {
        Fate::Acknowledged => (
            Outcome::Acknowledged { event_id, sequence },
            Some(n * 10 + 5),
        ),
        Fate::Refused => (Outcome::Refused { status: 409 }, Some(n * 10 + 5)),
        Fate::FailedUncommitted | Fate::FailedCommitted => {
            (Outcome::Refused { status: 503 }, Some(n * 10 + 5))
        }
        Fate::SilentUncommitted | Fate::SilentCommitted => (
            Outcome::Unknown {
                why: "connection reset".into(),
            },
            None,
        ),
    };
    Operation {
        command_id,
        key,
        intended_us: n * 10,
        sent_us: n * 10 + 1,
        answered_us,
        outcome,
    }
}

/// Any interleaving of keys that keeps each key's own order.
fn interleaved(effects: Vec<(u32, Uuid, String, u64)>) -> Vec<Fact> {
    let mut slots: Vec<(u32, String)> = effects
        .iter()
        .map(|(priority, _, key, _)| (*priority, key.clone()))
        .collect();
    slots.sort();
    let mut waiting = effects;
    let mut facts = Vec::new();
    for (position, (_, key)) in slots.into_iter().enumerate() {
        let first = waiting.iter().position(|effect| effect.2 == key).unwrap();
        let (_, event_id, item_id, sequence) = waiting.remove(first);
        facts.push(Fact::Effect {
            position: position as u64 + 1,
            event_id,
            item_id,
            sequence,
        });
    }
    facts
}

/// A seeded shuffle: the order of lines carries no meaning.
fn scatter<T>(lines: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for i in (1..lines.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        lines.swap(i, (state % (i as u64 + 1)) as usize);
    }
}

/// The accounting of a run.
pub fn judge(run: &Run, windows: &[Window], watch: &[Uuid]) -> Accounting {
    let Ok(accounting) = account_watching(
        run.history.iter().cloned().map(Ok::<_, Infallible>),
        run.snapshot.iter().cloned().map(Ok),
        windows,
        watch,
    );
    accounting
}
