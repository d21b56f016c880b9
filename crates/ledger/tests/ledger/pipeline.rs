//! A correct pipeline in miniature: what it would have recorded, however its parts interleave.

use std::collections::{BTreeMap, HashSet};

use rlab_ledger::{
    CommandAnswer, Exchange, Fact, Operation, OutboxState, Published, ReadAnswer, Served, Upgrade,
    UpgradeOutcome,
};
use uuid::Uuid;

use crate::run::{BOUND_US, Run};

const PARTITIONS: u8 = 3;

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

/// A command to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub client: u8,
    pub key: u8,
    pub fate: Fate,
}

/// What clients will do, and the seed of every interleaving.
#[derive(Debug, Clone)]
pub struct Plan {
    pub commands: Vec<Sent>,
    /// Key and fate of each read.
    pub reads: Vec<(u8, u8)>,
    pub seed: u64,
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (value ^ (value >> 31)) % limit.max(1)
    }

    pub fn shuffle<T>(&mut self, lines: &mut [T]) {
        for i in (1..lines.len()).rev() {
            lines.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// Runs the plan to its end, drains and sweeps.
pub fn run(plan: &Plan) -> Run {
    let mut pipeline = Pipeline {
        random: Random(plan.seed),
        run: Run::default(),
        now_us: BOUND_US,
        numbers: BTreeMap::new(),
        committed: Vec::new(),
        next: 0,
        settled: 0,
        topic: vec![Vec::new(); PARTITIONS.into()],
        at: vec![0; PARTITIONS.into()],
        done: vec![0; PARTITIONS.into()],
        applied: HashSet::new(),
        shown: BTreeMap::new(),
    };
    pipeline.interleave(plan);
    // Published once and in order, so that every control finds what it needs.
    for _ in 0..2 {
        pipeline.command(Sent {
            client: 0,
            key: 0,
            fate: Fate::Acknowledged,
        });
        pipeline.settled = pipeline.next;
        pipeline.drain();
    }
    pipeline.sweep();
    pipeline.run
}

fn item(key: u8) -> String {
    format!("item-{key}")
}

struct Pipeline {
    random: Random,
    run: Run,
    now_us: u64,
    /// Sequence, level and cost of each aggregate, as the service knows it.
    numbers: BTreeMap<u8, (u64, i64)>,
    committed: Vec<(u8, Published)>,
    /// What the relay sends next, and what it would begin with after a restart.
    next: usize,
    settled: usize,
    topic: Vec<Vec<(u8, Published)>>,
    /// Where the consumer is in each partition, and where it would begin after a restart.
    at: Vec<usize>,
    done: Vec<usize>,
    applied: HashSet<Uuid>,
    /// Since when which version of each aggregate has been the newest, with its sums.
    shown: BTreeMap<u8, Vec<(u64, u64, i64, u64)>>,
}

impl Pipeline {
    fn interleave(&mut self, plan: &Plan) {
        let mut commands = plan.commands.iter();
        let mut reads = plan.reads.iter();
        let mut left = true;
        while left {
            self.now_us += self.random.below(200);
            match self.random.below(12) {
                0..3 => left = commands.next().map(|sent| self.command(*sent)).is_some(),
                3..6 => self.publish(),
                6..9 => self.consume(),
                9 => self.restart(),
                _ => {
                    if let Some((key, fate)) = reads.next() {
                        self.read(*key, *fate);
                    }
                }
            }
        }
        self.drain();
        for (key, fate) in reads {
            self.now_us += self.random.below(200);
            self.read(*key, *fate);
        }
    }

    fn command(&mut self, sent: Sent) {
        let n = self.run.histories.values().map(Vec::len).sum::<usize>() as u128;
        let (command_id, event_id) = (Uuid::from_u128(10_000 + n), Uuid::from_u128(90_000 + n));
        let outcomes = [
            UpgradeOutcome::Success,
            UpgradeOutcome::Keep,
            UpgradeOutcome::Drop,
            UpgradeOutcome::Destroy,
        ];
        let upgrade = Upgrade {
            outcome: outcomes[self.random.below(4) as usize],
            cost: self.random.below(1_000) as u32,
        };
        let committed = matches!(
            sent.fate,
            Fate::Acknowledged | Fate::FailedCommitted | Fate::SilentCommitted
        );
        let mut sequence = 0;
        if committed {
            sequence = self.commit(sent.key, command_id, event_id, upgrade);
        }
        let answer = match sent.fate {
            Fate::Acknowledged => CommandAnswer::Acknowledged { event_id, sequence },
            Fate::Refused => CommandAnswer::Refused { status: 409 },
            Fate::FailedUncommitted | Fate::FailedCommitted => {
                CommandAnswer::Refused { status: 503 }
            }
            Fate::SilentUncommitted | Fate::SilentCommitted => CommandAnswer::Unknown {
                why: "connection reset".into(),
            },
        };
        let answered = !matches!(answer, CommandAnswer::Unknown { .. });
        let exchange = Exchange::Command {
            command_id,
            upgrade,
            answer,
        };
        self.record(
            format!("orders_{}", sent.client),
            sent.key,
            answered,
            exchange,
        );
    }

    fn commit(&mut self, key: u8, command_id: Uuid, event_id: Uuid, upgrade: Upgrade) -> u64 {
        let (sequence, level) = self.numbers.entry(key).or_default();
        let level_delta = match upgrade.outcome {
            UpgradeOutcome::Success => 1,
            UpgradeOutcome::Keep => 0,
            UpgradeOutcome::Drop => -(*level).min(1),
            UpgradeOutcome::Destroy => -*level,
        };
        *level += level_delta;
        *sequence += 1;
        let sequence = *sequence;
        self.run.snapshot.push(Fact::Committed {
            command_id,
            event_id,
            item_id: item(key),
            sequence,
        });
        self.run.snapshot.push(Fact::Outbox {
            event_id,
            item_id: item(key),
            sequence,
            state: OutboxState::Settled,
        });
        self.committed.push((
            key,
            Published {
                event_id,
                item_id: item(key),
                sequence,
                partition: (key % PARTITIONS).into(),
                offset: 0,
                command_id,
                outcome: upgrade.outcome,
                cost: upgrade.cost,
                level_delta: level_delta as i32,
            },
        ));
        sequence
    }

    fn publish(&mut self) {
        let Some((key, record)) = self.committed.get(self.next).cloned() else {
            return;
        };
        let partition = &mut self.topic[record.partition as usize];
        // Markers of transactions take offsets too.
        let offset = partition.len() as i64 * 2;
        let record = Published { offset, ..record };
        self.run.snapshot.push(Fact::Published(record.clone()));
        partition.push((key, record));
        self.next += 1;
        if self.random.below(3) == 0 {
            self.settled = self.next;
        }
    }

    /// Relay and consumer begin again where they had last noted to be: 1, 2, 3, 2, 3.
    fn restart(&mut self) {
        if self.random.below(2) == 0 {
            self.next = self.settled;
        } else {
            self.at.clone_from(&self.done);
        }
    }

    fn consume(&mut self) {
        let partition = self.random.below(PARTITIONS.into()) as usize;
        self.consume_from(partition);
    }

    fn consume_from(&mut self, partition: usize) {
        let Some((key, record)) = self.topic[partition].get(self.at[partition]).cloned() else {
            return;
        };
        self.at[partition] += 1;
        if self.applied.insert(record.event_id) {
            self.apply(key, &record);
        }
        if self.random.below(3) == 0 {
            self.done[partition] = self.at[partition];
        }
    }

    fn apply(&mut self, key: u8, record: &Published) {
        self.run.snapshot.push(Fact::Effect {
            position: self.applied.len() as u64 * 3,
            event_id: record.event_id,
            item_id: record.item_id.clone(),
            sequence: record.sequence,
            level_delta: record.level_delta,
            cost: record.cost,
        });
        let shown = self.shown.entry(key).or_default();
        let (_, _, level, spent) = shown.last().copied().unwrap_or_default();
        shown.push((
            self.now_us,
            record.sequence,
            level + i64::from(record.level_delta),
            spent + u64::from(record.cost),
        ));
    }

    fn drain(&mut self) {
        while self.next < self.committed.len() {
            self.publish();
        }
        self.settled = self.next;
        for partition in 0..PARTITIONS.into() {
            while self.at[partition] < self.topic[partition].len() {
                self.now_us += self.random.below(100);
                self.consume_from(partition);
            }
            self.done[partition] = self.at[partition];
        }
    }

    /// A read shows what had been the newest at some moment no longer ago than the bound.
    fn read(&mut self, key: u8, fate: u8) {
        let answer = match fate {
            0 => ReadAnswer::Refused { status: 503 },
            1 => ReadAnswer::Unknown {
                why: "timed out".into(),
            },
            _ => {
                let age = self.random.below(BOUND_US + 1);
                match self.version_at(key, self.now_us - age) {
                    0 => ReadAnswer::NotFound,
                    version => ReadAnswer::Found {
                        version,
                        served: [None, Some(Served::Hit), Some(Served::Miss)]
                            [usize::from(fate % 3)],
                    },
                }
            }
        };
        let answered = !matches!(answer, ReadAnswer::Unknown { .. });
        self.record("reads".into(), key, answered, Exchange::Read { answer });
    }

    fn version_at(&self, key: u8, at_us: u64) -> u64 {
        let shown = self.shown.get(&key).map_or(&[][..], Vec::as_slice);
        let past = shown.iter().rfind(|(since_us, ..)| *since_us <= at_us);
        past.map_or(0, |(_, version, ..)| *version)
    }

    fn record(&mut self, load: String, key: u8, answered: bool, exchange: Exchange) {
        let waited = self.random.below(300);
        let took = self.random.below(400);
        self.run.histories.entry(load).or_default().push(Operation {
            key: item(key),
            intended_us: self.now_us.saturating_sub(waited),
            sent_us: self.now_us,
            answered_us: answered.then_some(self.now_us + took),
            exchange,
        });
    }

    /// Reads everything after the drain; some of it sooner than the bound.
    fn sweep(&mut self) {
        let drained_us = self.now_us;
        for (key, shown) in self.shown.clone() {
            let Some((_, version, level, spent)) = shown.last().copied() else {
                continue;
            };
            self.run.snapshot.push(Fact::ReadModel {
                item_id: item(key),
                version,
                level,
                spent,
            });
            let late = BOUND_US + 1 + self.random.below(BOUND_US);
            let asked_us = match key {
                0 => late,
                _ => self.random.below(late),
            };
            let oldest = drained_us + asked_us - BOUND_US;
            self.run.snapshot.push(Fact::Cached {
                item_id: item(key),
                version: self.version_at(key, oldest.min(drained_us)),
                asked_us,
            });
        }
    }
}
