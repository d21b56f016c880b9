//! The loop: take a batch, apply it, invalidate, commit.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rdkafka::error::KafkaResult;
use rlab_agent_kit::Agent;
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::kafka::Cluster;
use rlab_agent_kit::redis::Redis;
use rlab_agent_kit::registry::Registry;
use rlab_agent_kit::server::Server;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::topics::value_subject;
use rlab_store::effect::{self, Applied, Effect};
use rlab_store::parked_event::{self, ParkedEvent};
use rlab_store::{MySqlPool, StoreError};

use crate::apply::apply_all;
use crate::intake::{ConsumerSlot, Intake, Record};
use crate::{Commit, Dedup, Settings, decode, invalidate};

const AFTER_A_BUG: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Consumes until the agent stops.
pub struct Worker {
    agent: Agent,
    pool: MySqlPool,
    redis: Redis,
    cluster: Cluster,
    slot: ConsumerSlot,
    registry: Registry,
    settings: Settings,
    applied: Counter,
    duplicates: Counter,
    parked: Counter,
    not_invalidated: Counter,
}

impl Worker {
    pub fn new(agent: &Agent, pool: MySqlPool, settings: Settings) -> Self {
        let (config, metrics) = (&agent.config, &agent.metrics);
        let redis = Redis::new(Server::redis(agent));
        let asked = redis.clone();
        agent.ready.ask_until_answered("redis", move || {
            let redis = asked.clone();
            async move { redis.ping().await }
        });
        let slot = ConsumerSlot::default();
        let (asked, topic) = (slot.clone(), config.namespace.topic.clone());
        agent
            .ready
            .keep_asking("kafka", move || asked.clone().reaches(topic.clone()));
        agent.ready.needs("registry");
        agent.ready.needs("group");
        Self {
            agent: agent.clone(),
            pool,
            redis,
            cluster: Cluster::new(agent),
            slot,
            registry: Registry::new(&config.registry, agent.addresses.clone()),
            settings,
            applied: metrics.counter("events_applied", "Effects applied"),
            duplicates: metrics.counter("events_duplicate", "Events that had been applied before"),
            parked: metrics.counter("events_parked", "Records that cannot be understood"),
            not_invalidated: metrics.counter(
                "batches_not_invalidated",
                "Batches whose cache entries stay until their time is up",
            ),
        }
    }

    /// Consumes until the agent stops; a batch begun is finished and its offsets are committed.
    pub async fn run(self) {
        let stop = self.agent.stop.clone();
        if stop.run_until_cancelled(self.register()).await.is_none() {
            return;
        }
        let mut backoff = Backoff::default();
        while let Some(intake) = stop.run_until_cancelled(self.join()).await {
            let broken = self.consume(&intake).await;
            if tokio::task::spawn_blocking(move || intake.leave())
                .await
                .is_err()
            {
                tracing::error!("group not left; the session will run out");
            }
            if let Err(error) = broken {
                tracing::error!(error, "consumer broken; joining the group anew");
                stop.run_until_cancelled(backoff.wait()).await;
            }
        }
    }

    /// Consumes until the agent stops. What librdkafka reports it mends by itself, and readiness is
    /// told by asking; only an error that it calls fatal ends the membership.
    async fn consume(&self, intake: &Intake) -> Result<(), String> {
        let stop = &self.agent.stop;
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        while let Some(first) = stop.run_until_cancelled(intake.first()).await {
            match first {
                Ok(first) => {
                    let batch = intake.gather(first, self.settings.batch_size).await;
                    self.process(intake, &batch).await;
                    backoff.reset();
                }
                Err(error) => {
                    tracing::warn!(%error, "no record taken");
                    stop.run_until_cancelled(backoff.wait()).await;
                }
            }
            if let Some(error) = intake.broken() {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn process(&self, intake: &Intake, batch: &[Record]) {
        let crash = &self.agent.crash;
        let detail = || format!("{} records", batch.len());
        crash.pass("after_gather", detail).await;
        let effects = self.decode_or_park(batch).await;
        if self.settings.commit == Commit::Before {
            report_uncommitted(intake.commit_and_wait(batch).await);
        }
        crash.pass("before_effect", detail).await;
        let new = self.apply(&effects).await;
        self.applied.inc_by(new as u64);
        self.duplicates.inc_by((effects.len() - new) as u64);
        if new > 0 {
            crash.pass("after_effect", || format!("{new} new")).await;
        }
        self.invalidate(&effects).await;
        crash.pass("after_invalidate", detail).await;
        if self.settings.commit == Commit::After {
            // Only now: a death before this line brings the batch again, and its effects are known.
            report_uncommitted(intake.commit(batch));
        }
        crash.pass("after_commit", detail).await;
    }

    async fn invalidate(&self, effects: &[Effect]) {
        let prefix = &self.agent.config.namespace.redis_prefix;
        let Some(commands) = invalidate::commands(self.settings.invalidate, prefix, effects) else {
            return;
        };
        if let Err(error) = self.redis.run(&commands).await {
            self.not_invalidated.inc();
            tracing::warn!(%error, "cache not invalidated");
        }
    }

    /// Applies `effects`; returns how many were new, those included that a try had committed before
    /// it failed. The others are duplicates.
    async fn apply(&self, effects: &[Effect]) -> usize {
        let mut applied = Applied::default();
        // A right or a table is missing: nothing may be skipped, so wait for its repair.
        while let Err(error) = self.try_apply(effects, &mut applied).await {
            self.agent.ready.waits("effects", &error);
            tracing::error!(%error, "batch cannot be applied");
            tokio::time::sleep(AFTER_A_BUG).await;
        }
        self.agent.ready.answered("effects");
        applied.new
    }

    async fn try_apply(&self, effects: &[Effect], applied: &mut Applied) -> Result<(), StoreError> {
        match self.settings.dedup {
            Dedup::ProcessedEvent => {
                let apply = |part| effect::apply_once(&self.pool, part);
                apply_all(effects, apply, applied).await
            }
            Dedup::None => {
                let apply = |part| effect::apply_again(&self.pool, part);
                apply_all(effects, apply, applied).await
            }
        }
    }

    async fn decode_or_park(&self, batch: &[Record]) -> Vec<Effect> {
        let mut effects = Vec::with_capacity(batch.len());
        let mut parked = Vec::new();
        for record in batch {
            match decode::effect(&self.registry, &self.agent.ready, &record.value).await {
                Ok(effect) => effects.push(effect),
                Err(reason) => parked.push(ParkedEvent {
                    topic: self.agent.config.namespace.topic.clone(),
                    partition: record.partition,
                    offset: record.offset,
                    reason,
                }),
            }
        }
        self.park(&parked).await;
        effects
    }

    /// Tries until it is written down: an event must not vanish without a trace.
    async fn park(&self, events: &[ParkedEvent]) {
        let Some(first) = events.first() else { return };
        tracing::error!(count = events.len(), ?first, "records parked");
        let mut backoff = Backoff::default();
        while let Err(error) = parked_event::park(&self.pool, events).await {
            tracing::warn!(%error, "parked records not written down yet");
            backoff.wait().await;
        }
        self.parked.inc_by(events.len() as u64);
    }

    /// Makes sure that the registry has the schema this version reads.
    async fn register(&self) {
        let mut backoff = Backoff::default();
        let subject = value_subject(&self.agent.config.namespace.topic);
        loop {
            match self.registry.register(&subject, SCHEMA_JSON).await {
                Ok(_) => break,
                Err(error) => self.agent.ready.waits("registry", error),
            }
            backoff.wait().await;
        }
        self.agent.ready.answered("registry");
    }

    async fn join(&self) -> Intake {
        let mut backoff = Backoff::default();
        loop {
            match Intake::join(&self.agent, &self.cluster, &self.slot) {
                Ok(intake) => return intake,
                Err(error) => self.agent.ready.waits("group", error),
            }
            backoff.wait().await;
        }
    }
}

/// What is not committed is delivered again, and is known then.
fn report_uncommitted(outcome: KafkaResult<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "offsets not committed");
    }
}
