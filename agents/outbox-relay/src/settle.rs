//! Waiting for delivery reports, and settling what Kafka has acknowledged.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::DeliveryFuture;
use rlab_agent_kit::backoff::Backoff;
use rlab_store::{StoreError, outbox};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::relay::Relay;
use crate::session::{End, is_poison};

/// Longer than a broker's failover, so that one dead broker fails no record.
const DELIVER_WITHIN: Duration = Duration::from_secs(15);

/// A row on its way to Kafka.
pub struct Sent {
    pub id: u64,
    pub event_id: Uuid,
    pub delivery: DeliveryFuture,
}

/// Settles batches in the order they were sent.
pub struct Settler {
    pub relay: Relay,
    pub epoch: u64,
    pub lost: CancellationToken,
    pub settled: mpsc::UnboundedSender<Vec<u64>>,
    pub settled_some: bool,
}

impl Settler {
    /// Runs until there are no more batches, or one fails. The part of a batch that was
    /// acknowledged before the failure is settled, so that it is not sent again.
    pub async fn run(mut self, mut batches: mpsc::Receiver<Vec<Sent>>) -> (End, bool) {
        while let Some(batch) = batches.recv().await {
            let (ids, failure) = self.delivered(batch).await;
            if !ids.is_empty()
                && let Err(end) = self.settle(ids).await
            {
                return (end, self.settled_some);
            }
            if let Some(end) = failure {
                return (end, self.settled_some);
            }
        }
        (End::Stopped, self.settled_some)
    }

    async fn delivered(&self, batch: Vec<Sent>) -> (Vec<u64>, Option<End>) {
        let mut ids = Vec::with_capacity(batch.len());
        for sent in batch {
            let report = tokio::select! {
                report = timeout(DELIVER_WITHIN, sent.delivery) => report,
                () = self.lost.cancelled() => return (Vec::new(), Some(End::LeaseLost)),
            };
            match report {
                Ok(Ok(Ok(_))) => {
                    let detail = || sent.event_id.to_string();
                    self.relay.agent.crash.pass("after_publish", detail).await;
                    ids.push(sent.id);
                }
                Ok(Ok(Err((error, _)))) => return (ids, Some(self.failed(sent.id, &error).await)),
                Ok(Err(_)) => return (ids, Some(End::Failed("producer is gone".into()))),
                Err(_) => {
                    let waited = DELIVER_WITHIN.as_secs();
                    let error = format!("row {}: no report within {waited} s", sent.id);
                    return (ids, Some(End::Failed(error)));
                }
            }
        }
        (ids, None)
    }

    async fn failed(&self, id: u64, error: &KafkaError) -> End {
        if is_poison(error) {
            let reason = error.to_string();
            match outbox::park(&self.relay.pool, self.epoch, id, &reason).await {
                Ok(()) => {
                    self.relay.counts.parked.inc();
                    tracing::error!(id, reason, "outbox row parked");
                }
                Err(error) => tracing::warn!(id, %error, "outbox row not parked yet"),
            }
        }
        End::Failed(format!("row {id}: {error}"))
    }

    /// Tries until MySQL has it: what is acknowledged and not settled would be sent again.
    async fn settle(&mut self, ids: Vec<u64>) -> Result<(), End> {
        let mut backoff = Backoff::default();
        loop {
            match outbox::settle(&self.relay.pool, self.epoch, &ids).await {
                Ok(()) => break,
                Err(StoreError::LeaseLost { .. }) => return Err(End::LeaseLost),
                Err(_) if self.lost.is_cancelled() => return Err(End::LeaseLost),
                Err(error) => tracing::warn!(%error, "not settled yet"),
            }
            backoff.wait().await;
        }
        self.settled_some = true;
        self.relay.counts.settled.inc_by(ids.len() as u64);
        // Nobody listens any more when the session ends.
        let _ = self.settled.send(ids);
        Ok(())
    }
}
