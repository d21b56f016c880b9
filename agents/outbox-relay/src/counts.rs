//! What the relay counts.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use rlab_agent_kit::Agent;
use rlab_store::{MySqlPool, outbox};

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Metrics of one relay.
#[derive(Clone)]
pub struct Counts {
    pub settled: Counter,
    pub failures: Counter,
    pub parked: Counter,
    pub in_flight: Gauge,
    pub shards: Gauge,
    parked_now: Gauge,
}

impl Counts {
    /// Registers with `agent`.
    pub fn new(agent: &Agent) -> Self {
        let metrics = &agent.metrics;
        Self {
            settled: metrics.counter("outbox_settled", "Rows acknowledged and settled"),
            failures: metrics.counter("outbox_failures", "Producers dropped over a failed record"),
            parked: metrics.counter("outbox_parked", "Rows this relay has parked"),
            in_flight: metrics.gauge("outbox_in_flight", "Rows sent and not settled"),
            shards: metrics.gauge("outbox_shards", "Shards this relay holds"),
            parked_now: metrics.gauge("outbox_parked_now", "Rows in the outbox that are parked"),
        }
    }

    /// Keeps the number of parked rows up to date, whoever parked them.
    pub async fn watch_parked(self, pool: MySqlPool) {
        loop {
            if let Ok(parked) = outbox::parked(&pool).await {
                self.parked_now
                    .set(i64::try_from(parked).unwrap_or(i64::MAX));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
