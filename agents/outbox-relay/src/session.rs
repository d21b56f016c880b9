//! One session: claim unsettled rows and send them, until something ends it.

use std::collections::HashSet;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::kafka::Context;
use rlab_contract::envelope::SCHEMA_VERSION;
use rlab_contract::wire;
use rlab_store::StoreError;
use rlab_store::outbox::{self, OutboxRow};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::lease::Lease;
use crate::relay::Relay;
use crate::settle::{Sent, Settler};

/// Rows claimed and not settled at most; bounds memory and what a failure repeats.
const MOST_IN_FLIGHT: usize = 20_000;
const SHORTEST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(32);

/// Why a session ended.
#[derive(Debug)]
pub enum End {
    /// The agent stops; all that was sent has been settled.
    Stopped,
    /// Another relay may have the lease.
    LeaseLost,
    /// A record, or a row of the outbox, failed.
    Failed(String),
}

/// A session under one lease, with a producer of its own.
pub struct Session {
    relay: Relay,
    epoch: u64,
    lost: CancellationToken,
    producer: FutureProducer<Context>,
    schema_id: u32,
    in_flight: HashSet<u64>,
}

impl Session {
    pub fn new(
        relay: Relay,
        lease: &Lease,
        producer: FutureProducer<Context>,
        schema_id: u32,
    ) -> Self {
        Self {
            epoch: lease.epoch,
            lost: lease.lost.clone(),
            relay,
            producer,
            schema_id,
            in_flight: HashSet::new(),
        }
    }

    /// Runs to the end; also tells whether anything was settled.
    pub async fn run(mut self) -> (End, bool) {
        // Each batch holds a row in flight at least, so sending never waits for the channel.
        let (batches, to_settle) = mpsc::channel(self.most_in_flight());
        let (settled, mut settled_ids) = mpsc::unbounded_channel();
        let failed = CancellationToken::new();
        let settler = Settler {
            relay: self.relay.clone(),
            epoch: self.epoch,
            lost: self.lost.clone(),
            settled,
            settled_some: false,
        };
        let signal = failed.clone();
        let settling = tokio::spawn(async move {
            let outcome = settler.run(to_settle).await;
            signal.cancel();
            outcome
        });
        let claimed = self.claim(&batches, &mut settled_ids, &failed).await;
        drop(batches);
        self.relay.counts.in_flight.set(0);
        let (settle_end, settled_some) = match settling.await {
            Ok(outcome) => outcome,
            Err(panic) => (End::Failed(panic.to_string()), false),
        };
        // What went wrong first is with the settler, unless it merely came to the end.
        match settle_end {
            End::Stopped => (claimed, settled_some),
            end => (end, settled_some),
        }
    }

    async fn claim(
        &mut self,
        batches: &mpsc::Sender<Vec<Sent>>,
        settled: &mut mpsc::UnboundedReceiver<Vec<u64>>,
        failed: &CancellationToken,
    ) -> End {
        let stop = self.relay.agent.stop.clone();
        let lost = self.lost.clone();
        let mut pause = SHORTEST_PAUSE;
        let mut backoff = Backoff::default();
        loop {
            while let Ok(ids) = settled.try_recv() {
                self.forget(&ids);
            }
            if stop.is_cancelled() || failed.is_cancelled() {
                return End::Stopped;
            }
            if lost.is_cancelled() {
                return End::LeaseLost;
            }
            let room = self.most_in_flight() - self.in_flight.len();
            if room == 0 {
                tokio::select! {
                    Some(ids) = settled.recv() => self.forget(&ids),
                    () = failed.cancelled() => {}
                    () = stop.cancelled() => {}
                    () = lost.cancelled() => {}
                }
                continue;
            }
            let room = room.min(self.relay.batch_size);
            let rows = match outbox::unsettled(&self.relay.pool, &self.in_flight, room).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, "outbox not readable");
                    backoff.wait().await;
                    continue;
                }
            };
            backoff.reset();
            if rows.is_empty() {
                tokio::select! {
                    Some(ids) = settled.recv() => self.forget(&ids),
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                    () = failed.cancelled() => {}
                    () = stop.cancelled() => {}
                    () = lost.cancelled() => {}
                }
                continue;
            }
            pause = SHORTEST_PAUSE;
            if let Err(end) = self.send_all(rows, batches).await {
                return end;
            }
        }
    }

    /// One batch is always let through.
    fn most_in_flight(&self) -> usize {
        MOST_IN_FLIGHT.max(self.relay.batch_size)
    }

    fn forget(&mut self, ids: &[u64]) {
        for id in ids {
            self.in_flight.remove(id);
        }
        self.show_in_flight();
    }

    fn show_in_flight(&self) {
        let count = i64::try_from(self.in_flight.len()).unwrap_or(i64::MAX);
        self.relay.counts.in_flight.set(count);
    }

    async fn send_all(
        &mut self,
        rows: Vec<OutboxRow>,
        batches: &mpsc::Sender<Vec<Sent>>,
    ) -> Result<(), End> {
        let mut batch = Vec::with_capacity(rows.len());
        for row in rows {
            if row.schema_version != SCHEMA_VERSION {
                let reason = format!("schema version {} is unknown", row.schema_version);
                self.park(&row, &reason).await?;
                continue;
            }
            match self.send(&row).await {
                Ok(delivery) => {
                    self.in_flight.insert(row.id);
                    batch.push(Sent {
                        id: row.id,
                        event_id: row.event_id,
                        delivery,
                    });
                }
                Err(error) if is_poison(&error) => self.park(&row, &error.to_string()).await?,
                Err(error) => return Err(End::Failed(error.to_string())),
            }
        }
        self.show_in_flight();
        if batch.is_empty() {
            return Ok(());
        }
        // The settler is gone only when it failed, and then it knows why.
        batches.send(batch).await.map_err(|_| End::Stopped)
    }

    async fn send(&self, row: &OutboxRow) -> Result<DeliveryFuture, KafkaError> {
        const QUEUE_FULL: KafkaError = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        let value = wire::frame(self.schema_id, &row.payload);
        let topic = &self.relay.agent.config.namespace.topic;
        let mut record = FutureRecord::to(topic)
            .key(&row.aggregate_id)
            .payload(&value);
        loop {
            match self.producer.send_result(record) {
                Ok(delivery) => return Ok(delivery),
                Err((error, unsent)) if error == QUEUE_FULL => record = unsent,
                Err((error, _)) => return Err(error),
            }
            tokio::time::sleep(SHORTEST_PAUSE).await;
        }
    }

    async fn park(&self, row: &OutboxRow, reason: &str) -> Result<(), End> {
        tracing::error!(id = row.id, event_id = %row.event_id, reason, "outbox row parked");
        match outbox::park(&self.relay.pool, self.epoch, row.id, reason).await {
            Ok(()) => {
                self.relay.counts.parked.inc();
                Ok(())
            }
            Err(StoreError::LeaseLost { .. }) => Err(End::LeaseLost),
            Err(error) => Err(End::Failed(error.to_string())),
        }
    }
}

/// Whether the record itself is at fault, so that no later try can succeed.
pub fn is_poison(error: &KafkaError) -> bool {
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
