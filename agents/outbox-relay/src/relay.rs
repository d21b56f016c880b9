//! The relay's loop: reads unsettled rows of its shards, sends them, settles what came through.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rlab_agent_kit::Agent;
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::{SCHEMA_JSON, SCHEMA_VERSION};
use rlab_contract::topics::value_subject;
use rlab_contract::wire;
use rlab_store::outbox::{self, OutboxRow, Wanted};
use rlab_store::relay_lease::Lease;
use rlab_store::{MySqlPool, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::counts::Counts;
use crate::keeper::{Change, Keeper};
use crate::producer::{Producers, Report};
use crate::settle::{Settled, ToSettle, settle};
use crate::shard::Shard;

const REPORTS_AT_ONCE: usize = 4_096;
/// Between two reads, while something comes and while nothing does.
const SHORTEST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(32);

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

struct Relay {
    agent: Agent,
    pool: MySqlPool,
    counts: Counts,
    schema_id: u32,
    producers: Producers,
    /// To the keeper: wanted leases that are free to go.
    drained: mpsc::UnboundedSender<Lease>,
    shards: BTreeMap<u8, Shard>,
    producers_made: u64,
    to_settle: ToSettle,
}

/// Rows, and for which producer of each shard they were read.
struct Read {
    generations: Vec<(u8, u64)>,
    rows: Result<Vec<OutboxRow>, StoreError>,
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
        let mut stopping = false;
        while !(stopping && settling.is_none() && self.is_drained()) {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !stopping => stopping = true,
                Some(change) = told.recv() => self.lease_changed(change).await,
                _ = reported.recv_many(&mut reports, REPORTS_AT_ONCE) => {
                    self.take_reports(&mut reports).await;
                }
                settled = finished(&mut settling) => self.settled(settled).await,
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
            if settling.is_none() && !self.to_settle.is_empty() {
                settling = Some(tokio::spawn(settle(
                    self.pool.clone(),
                    self.to_settle.take(),
                )));
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

    async fn drop_shard(&mut self, shard: u8) {
        if let Some(mut gone) = self.shards.remove(&shard)
            && let Some(producer) = gone.fail()
        {
            producer.discard().await;
        }
    }

    /// The shard of `lease`, while it is held under this very lease.
    fn held(&mut self, lease: Lease) -> Option<&mut Shard> {
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

    fn start_read(&self) -> Option<JoinHandle<Read>> {
        let wanted: Vec<Wanted> = self.shards.values().filter_map(Shard::wants).collect();
        if wanted.is_empty() {
            return None;
        }
        let of_shard = |w: &Wanted| (w.shard, self.shards[&w.shard].generation);
        let generations = wanted.iter().map(of_shard).collect();
        let shards = self.shards.values();
        let in_flight: HashSet<u64> = shards.flat_map(Shard::ids_in_flight).collect();
        let pool = self.pool.clone();
        Some(tokio::spawn(async move {
            let rows = outbox::unsettled(&pool, &wanted, &in_flight).await;
            Read { generations, rows }
        }))
    }

    /// Sends what was read; whether there was anything, and whether there may be more at once.
    async fn send_rows(&mut self, read: Option<Read>) -> (bool, bool) {
        let Some(Read { generations, rows }) = read else {
            return (false, false);
        };
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "outbox not readable");
                return (false, false);
            }
        };
        if let Some(first) = rows.first() {
            let detail = || format!("outbox rows from {}", first.id);
            self.agent.crash.pass("after_claim", detail).await;
        }
        let many = rows.len() >= REPORTS_AT_ONCE / 4;
        let some = !rows.is_empty();
        for row in rows {
            let current = self.shards.get(&row.shard).map(|s| s.generation);
            if current.is_some_and(|g| generations.contains(&(row.shard, g))) {
                self.send(&row).await;
            }
        }
        self.show_in_flight();
        (some, many)
    }

    async fn send(&mut self, row: &OutboxRow) {
        if row.schema_version != SCHEMA_VERSION {
            let reason = format!("schema version {} is unknown", row.schema_version);
            return self.park(row.shard, row.id, &reason).await;
        }
        let value = wire::frame(self.schema_id, &row.payload);
        let Some(shard) = self.shards.get_mut(&row.shard) else {
            return;
        };
        let Some(producer) = shard.producer() else {
            return;
        };
        match producer.send(row.id, &row.aggregate_id, &value) {
            Ok(()) => shard.sent(row.id),
            Err(error) if is_poison(&error) => {
                self.park(row.shard, row.id, &error.to_string()).await;
            }
            Err(error) => self.fail(row.shard, &error.to_string()).await,
        }
    }

    /// Sets a row aside. Until that is written down its shard cannot go on, or later rows of its
    /// aggregate would overtake it when it turns out to be sound.
    async fn park(&mut self, shard: u8, id: u64, reason: &str) {
        let Some(lease) = self.shards.get(&shard).map(|s| s.lease) else {
            return;
        };
        match outbox::park(&self.pool, lease, id, reason).await {
            Ok(true) => {
                tracing::error!(id, reason, "outbox row parked");
                self.counts.parked.inc();
            }
            Ok(false) => self.drop_shard(shard).await,
            Err(error) => {
                self.fail(shard, &format!("row {id} not parked: {error}"))
                    .await
            }
        }
    }

    /// Drops the shard's producer; it begins again from the oldest unsettled row.
    async fn fail(&mut self, shard: u8, reason: &str) {
        let Some(producer) = self.shards.get_mut(&shard).and_then(Shard::fail) else {
            return;
        };
        tracing::warn!(shard, reason, "resuming from the oldest unsettled row");
        self.counts.failures.inc();
        producer.discard().await;
    }

    async fn take_reports(&mut self, reports: &mut Vec<Report>) {
        for report in reports.drain(..) {
            let Some(shard) = self.held(report.lease) else {
                continue;
            };
            match report.outcome {
                // Also when a producer sent it that has been dropped since.
                Ok(()) => {
                    shard.acknowledged(report.id);
                    let detail = || format!("outbox row {}", report.id);
                    self.agent.crash.pass("after_publish", detail).await;
                    self.to_settle.add(report.lease, report.id);
                }
                Err(error) if shard.generation == report.generation => {
                    let reason = format!("row {}: {error}", report.id);
                    if is_poison(&error) {
                        self.park(report.lease.shard, report.id, &error.to_string())
                            .await;
                    }
                    self.fail(report.lease.shard, &reason).await;
                }
                Err(_) => {}
            }
        }
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

    fn show_in_flight(&self) {
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

/// Whether the record itself is at fault, so that no later try can succeed.
fn is_poison(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::InvalidMessageSize
                | RDKafkaErrorCode::InvalidRecord
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_record_itself_is_poison() {
        let error = KafkaError::MessageProduction;
        assert!(is_poison(&error(RDKafkaErrorCode::MessageSizeTooLarge)));
        assert!(!is_poison(&error(RDKafkaErrorCode::MessageTimedOut)));
        assert!(!is_poison(&error(RDKafkaErrorCode::NotEnoughReplicas)));
    }
}
