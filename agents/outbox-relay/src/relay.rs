//! The relay's outer loop: schema, lease, sessions.

use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use rlab_agent_kit::Agent;
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::topics::value_subject;
use rlab_store::{MySqlPool, StoreError, relay_lease};
use tokio_util::sync::CancellationToken;

use crate::lease::{self, Lease};
use crate::producer::ProducerSlot;
use crate::session::{End, Session};

/// Everything a session needs.
#[derive(Clone)]
pub struct Relay {
    pub agent: Agent,
    pub pool: MySqlPool,
    pub batch_size: usize,
    pub producers: ProducerSlot,
    pub counts: Counts,
}

/// What the relay counts.
#[derive(Clone)]
pub struct Counts {
    pub settled: Counter,
    pub failures: Counter,
    pub parked: Counter,
    pub in_flight: Gauge,
    active: Gauge,
}

impl Relay {
    pub fn new(agent: &Agent, pool: MySqlPool, batch_size: usize) -> Self {
        let metrics = &agent.metrics;
        Self {
            agent: agent.clone(),
            pool,
            batch_size,
            producers: ProducerSlot::new(agent),
            counts: Counts {
                settled: metrics.counter("outbox_settled", "Rows acknowledged and settled"),
                failures: metrics.counter("outbox_failures", "Sessions ended by a failed record"),
                parked: metrics.counter("outbox_parked", "Rows that can never be published"),
                in_flight: metrics.gauge("outbox_in_flight", "Rows claimed and not settled"),
                active: metrics.gauge("outbox_relay_active", "1 while this relay has the lease"),
            },
        }
    }

    /// Relays until the agent stops.
    pub async fn run(self) {
        let stop = self.agent.stop.clone();
        self.agent.ready.needs("registry");
        let Some(schema_id) = stop.run_until_cancelled(self.register()).await else {
            return;
        };
        let mut first = true;
        while let Some(lease) = stop.run_until_cancelled(self.take_lease(first)).await {
            first = false;
            self.counts.active.set(1);
            self.relay_under(&lease, schema_id, &stop).await;
            self.counts.active.set(0);
            lease.give_up().await;
        }
    }

    /// Session after session until the lease is lost or the agent stops.
    async fn relay_under(&self, lease: &Lease, schema_id: u32, stop: &CancellationToken) {
        let mut backoff = Backoff::default();
        while !stop.is_cancelled() && !lease.lost.is_cancelled() {
            let producer = match self.producers.make() {
                Ok(producer) => producer,
                Err(error) => {
                    self.agent.ready.waits("kafka", error);
                    backoff.wait().await;
                    continue;
                }
            };
            let session = Session::new(self.clone(), lease, producer, schema_id);
            let (end, settled_some) = session.run().await;
            self.producers.discard().await;
            if settled_some {
                backoff.reset();
            }
            match end {
                End::Stopped => {}
                End::LeaseLost => tracing::warn!(epoch = lease.epoch, "lease lost"),
                End::Failed(error) => {
                    self.counts.failures.inc();
                    tracing::warn!(error, "a record failed; resuming from the oldest unsettled");
                    // Stopping does not wait for the next try.
                    stop.run_until_cancelled(backoff.wait()).await;
                }
            }
        }
    }

    /// The id to frame payloads with.
    async fn register(&self) -> u32 {
        let config = &self.agent.config;
        let registry = Registry::new(&config.registry, self.agent.addresses.clone());
        let subject = value_subject(&config.namespace.topic);
        let mut backoff = Backoff::default();
        loop {
            match registry.register(&subject, SCHEMA_JSON).await {
                Ok(id) => {
                    self.agent.ready.answered("registry");
                    return id;
                }
                Err(error) => self.agent.ready.waits("registry", error),
            }
            backoff.wait().await;
        }
    }

    /// Waits until the lease is ours. The first try of this process also takes over a lease in its
    /// own name: whoever left it is dead.
    async fn take_lease(&self, first: bool) -> Lease {
        let holder = &self.agent.config.node;
        let mut resume = first;
        loop {
            let asked = Instant::now();
            match relay_lease::acquire(&self.pool, holder, resume, lease::TTL).await {
                Ok(Some(epoch)) => {
                    tracing::info!(epoch, "lease taken");
                    return Lease::keep(self.pool.clone(), epoch, asked);
                }
                Ok(None) => resume = false,
                Err(StoreError::Unavailable(_) | StoreError::Contended(_)) => {}
                Err(error) => tracing::error!(%error, "lease cannot be taken"),
            }
            tokio::time::sleep(lease::LOOK_EVERY).await;
        }
    }
}
