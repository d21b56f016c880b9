//! Recorded runs to judge, held in memory.

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;
use rlab_ledger::{
    Accounting, CommandAnswer, Exchange, Fact, Operation, Recording, Subject, Terms, account,
};
use uuid::Uuid;

use crate::pipeline::{Fate, Plan, Random, Sent, run};

/// How old a read may be in these runs, µs.
pub const BOUND_US: u64 = 1_000;

/// A recorded run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    pub histories: BTreeMap<String, Vec<Operation>>,
    pub snapshot: Vec<Fact>,
}

impl Recording for Run {
    type Error = Infallible;

    fn loads(&self) -> Vec<String> {
        self.histories.keys().cloned().collect()
    }

    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, Infallible>>, Infallible> {
        Ok(self.histories[load].iter().cloned().map(Ok))
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, Infallible>>, Infallible> {
        Ok(self.snapshot.iter().cloned().map(Ok))
    }
}

impl Run {
    /// A run of one load.
    pub fn of(history: Vec<Operation>, snapshot: Vec<Fact>) -> Self {
        Self {
            histories: BTreeMap::from([("orders".to_owned(), history)]),
            snapshot,
        }
    }

    /// The same lines in another order.
    pub fn shuffled(&self, seed: u64) -> Self {
        let mut run = self.clone();
        let mut random = Random(seed);
        run.histories
            .values_mut()
            .for_each(|lines| random.shuffle(lines));
        random.shuffle(&mut run.snapshot);
        run
    }

    /// Events that a client was told of.
    pub fn acknowledged(&self) -> Vec<Uuid> {
        let operations = self.histories.values().flatten();
        operations
            .filter_map(|operation| match &operation.exchange {
                Exchange::Command {
                    answer: CommandAnswer::Acknowledged { event_id, .. },
                    ..
                } => Some(*event_id),
                _ => None,
            })
            .collect()
    }
}

/// Random clean runs in which at least two acknowledged commands share an aggregate.
pub fn clean_runs() -> impl Strategy<Value = Run> {
    let fate = prop_oneof![
        6 => Just(Fate::Acknowledged),
        1 => Just(Fate::Refused),
        1 => Just(Fate::FailedUncommitted),
        1 => Just(Fate::FailedCommitted),
        1 => Just(Fate::SilentUncommitted),
        1 => Just(Fate::SilentCommitted),
    ];
    let sent = (0u8..3, 0u8..5, fate).prop_map(|(client, key, fate)| Sent { client, key, fate });
    let commands = prop::collection::vec(sent, 1..60);
    let reads = prop::collection::vec((0u8..7, 0u8..8), 0..40);
    (commands, reads, any::<u64>()).prop_map(|(commands, reads, seed)| {
        run(&Plan {
            commands,
            reads,
            seed,
        })
    })
}

/// The accounting of a run, with `watch` sampled in any case.
pub fn judge(run: &impl Recording<Error = Infallible>, watch: &[Subject]) -> Accounting {
    let terms = Terms {
        watch,
        stale_bound_us: Some(BOUND_US),
        ..Terms::default()
    };
    let Ok(accounting) = account(run, &terms);
    accounting
}

/// The anomalies that were found, by name.
pub fn found(accounting: &Accounting) -> Vec<&'static str> {
    let found = accounting.found().into_iter();
    found.map(|(name, _)| name).collect()
}
