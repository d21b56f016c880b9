//! The relay's loop: what happens when, and to which shard.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rlab_agent_kit::Agent;
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::topics::value_subject;
use rlab_store::MySqlPool;
use rlab_store::relay_lease::Lease;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::counts::Counts;
use crate::keeper::{Change, Keeper};
use crate::producer::{Producers, Report};
use crate::publish::Read;
use crate::settle::{Settled, ToSettle, settle};
use crate::shard::Shard;

const REPORTS_AT_ONCE: usize = 4_096;
/// Between two reads, while something comes and while nothing does; and between two settlings. A
/// shorter pause makes smaller batches: at 8 ms the brokers and MySQL were busy with those, and a
/// lab on two cores carried 1,340 commands/s instead of 1,600.
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Relays until the agent stops; then flushes, settles and hands the leases back.
pub async fn run(agent: Agent, pool: MySqlPool) {
    let stop = agent.stop.clone();
    agent.ready.needs("registry");
    let Some(schema_id) = stop.run_until_cancelled(register(&agent)).await else {
        return;
    };
    let (changes, told) = mpsc::unbounded_channel();
    let (drained, to_hand_back) = mpsc::unbounded_channel();
    let over = CancellationToken::new();
    let node = &agent.config.node;
    let keeper = Keeper::new(pool.clone(), node, changes, to_hand_back, over.clone());
    let keeping = tokio::spawn(keeper.run());
    let counts = Counts::new(&agent);
    let watching = tokio::spawn(counts.clone().watch_parked(pool.clone()));
    let (reports, reported) = mpsc::unbounded_channel();
    let relay = Relay {
        producers: Producers::new(&agent, reports),
        agent,
        pool,
        counts,
        schema_id,
        drained,
        shards: BTreeMap::new(),
        producers_made: 0,
        to_settle: ToSettle::default(),
    };
    relay.run(told, reported).await;
    watching.abort();
    over.cancel();
    // An error would mean that the task panicked; then the leases run out.
    let _ = keeping.await;
}

/// The id to frame payloads with.
async fn register(agent: &Agent) -> u32 {
    let config = &agent.config;
    let registry = Registry::new(&config.registry, agent.addresses.clone());
    let subject = value_subject(&config.namespace.topic);
    let mut backoff = Backoff::default();
    loop {
        match registry.register(&subject, SCHEMA_JSON).await {
            Ok(id) => {
                agent.ready.answered("registry");
                return id;
            }
            Err(error) => agent.ready.waits("registry", error),
        }
        backoff.wait().await;
    }
}

/// A relay at work: the shards it holds, and what is on its way.
pub(crate) struct Relay {
    pub agent: Agent,
    pub pool: MySqlPool,
    pub counts: Counts,
    pub schema_id: u32,
    pub shards: BTreeMap<u8, Shard>,
    pub to_settle: ToSettle,
    producers: Producers,
    producers_made: u64,
    /// To the keeper: wanted leases that are free to go.
    drained: mpsc::UnboundedSender<Lease>,
}

impl Relay {
    async fn run(
        mut self,
        mut told: mpsc::UnboundedReceiver<Change>,
        mut reported: mpsc::UnboundedReceiver<Report>,
    ) {
        let stop = self.agent.stop.clone();
        let mut reports = Vec::new();
        let mut reading: Option<JoinHandle<Read>> = None;
        let mut settling: Option<JoinHandle<Settled>> = None;
        let mut pause = SHORTEST_PAUSE;
        let mut read_at = Instant::now();
        let mut settle_at = Instant::now();
        let mut stopping = false;
        while !(stopping && settling.is_none() && self.is_drained()) {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !stopping => stopping = true,
                Some(change) = told.recv() => self.lease_changed(change).await,
                _ = reported.recv_many(&mut reports, REPORTS_AT_ONCE) => {
                    self.take_reports(&mut reports).await;
                }
                settled = finished(&mut settling) => {
                    self.settled(settled).await;
                    settle_at = Instant::now() + SHORTEST_PAUSE;
                }
                () = tokio::time::sleep_until(settle_at.into()),
                    if settling.is_none() && !self.to_settle.is_empty() => {
                    settling = Some(tokio::spawn(settle(
                        self.pool.clone(),
                        self.to_settle.take(),
                    )));
                }
                read = finished(&mut reading) => {
                    let (some, more) = self.send_rows(read).await;
                    pause = if some { SHORTEST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
                    read_at = if more { Instant::now() } else { Instant::now() + pause };
                }
                () = tokio::time::sleep_until(read_at.into()), if reading.is_none() => {
                    read_at = Instant::now() + pause;
                    if !stopping {
                        self.mend().await;
                        reading = self.start_read();
                    }
                }
            }
            self.hand_back_drained();
        }
    }

    async fn lease_changed(&mut self, change: Change) {
        match change {
            Change::Gained(lease) => {
                self.shards.insert(lease.shard, Shard::new(lease));
            }
            Change::Wanted(lease) => {
                if let Some(shard) = self.held(lease) {
                    shard.wanted_back = true;
                }
            }
            Change::Lost(lease) => {
                if self.held(lease).is_some() {
                    self.drop_shard(lease.shard).await;
                }
            }
        }
        let shards = i64::try_from(self.shards.len()).unwrap_or(i64::MAX);
        self.counts.shards.set(shards);
    }

    pub(crate) async fn drop_shard(&mut self, shard: u8) {
        if let Some(mut gone) = self.shards.remove(&shard)
            && let Some(producer) = gone.fail()
        {
            producer.discard().await;
        }
    }

    /// The shard of `lease`, while it is held under this very lease.
    pub(crate) fn held(&mut self, lease: Lease) -> Option<&mut Shard> {
        self.shards
            .get_mut(&lease.shard)
            .filter(|shard| shard.lease == lease)
    }

    /// Producers for the shards that have none, and an end for those that no report comes from.
    async fn mend(&mut self) {
        let overdue: Vec<u8> = self.numbers(Shard::overdue);
        for shard in overdue {
            self.fail(shard, "no delivery report in time").await;
        }
        for number in self.numbers(Shard::needs_producer) {
            let Some(shard) = self.shards.get_mut(&number) else {
                continue;
            };
            self.producers_made += 1;
            match self.producers.make(shard.lease, self.producers_made) {
                Ok(producer) => shard.begin(producer, self.producers_made),
                Err(error) => {
                    shard.fail();
                    self.agent.ready.waits("kafka", error);
                }
            }
        }
    }

    fn numbers(&self, which: fn(&Shard) -> bool) -> Vec<u8> {
        let those = self.shards.iter().filter(|(_, shard)| which(shard));
        those.map(|(number, _)| *number).collect()
    }

    async fn settled(&mut self, settled: Option<Settled>) {
        let Some(Settled { rows, lost }) = settled else {
            return;
        };
        let mut count = 0;
        for rows in rows {
            if lost.contains(&rows.lease) {
                continue;
            }
            count += rows.ids.len() as u64;
            if let Some(shard) = self.held(rows.lease) {
                shard.settled(&rows.ids);
            }
        }
        for lease in lost {
            if self.held(lease).is_some() {
                self.drop_shard(lease.shard).await;
            }
        }
        self.counts.settled.inc_by(count);
        self.show_in_flight();
        let detail = || format!("{count} outbox rows");
        self.agent.crash.pass("after_settle", detail).await;
    }

    fn hand_back_drained(&mut self) {
        let drained = |shard: &Shard| shard.wanted_back && shard.in_flight() == 0;
        for number in self.numbers(drained) {
            if let Some(mut shard) = self.shards.remove(&number) {
                if let Some(producer) = shard.fail() {
                    tokio::spawn(producer.discard());
                }
                // The keeper is gone only when the relay ends, and hands all back then.
                let _ = self.drained.send(shard.lease);
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.shards.values().all(|shard| shard.in_flight() == 0)
    }

    pub(crate) fn show_in_flight(&self) {
        let count: usize = self.shards.values().map(Shard::in_flight).sum();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.counts.in_flight.set(count);
    }
}

/// The outcome of `task` once it has one; never, without a task. None if it panicked.
async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> Option<T> {
    match task {
        Some(running) => {
            let outcome = running.await;
            *task = None;
            outcome.ok()
        }
        None => std::future::pending().await,
    }
}
