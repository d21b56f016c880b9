//! Publishing: reads unsettled rows, hands them to the producers, takes their delivery reports.

use std::collections::HashSet;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rlab_contract::envelope::SCHEMA_VERSION;
use rlab_contract::wire;
use rlab_store::StoreError;
use rlab_store::outbox::{self, OutboxRow, Wanted};
use tokio::task::JoinHandle;

use crate::producer::Report;
use crate::relay::Relay;
use crate::shard::Shard;

/// A read that brings as many may have left some behind.
const MANY: usize = 1_024;

/// Rows, and for which producer of each shard they were read.
pub(crate) struct Read {
    generations: Vec<(u8, u64)>,
    rows: Result<Vec<OutboxRow>, StoreError>,
}

impl Relay {
    pub(crate) fn start_read(&self) -> Option<JoinHandle<Read>> {
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
    pub(crate) async fn send_rows(&mut self, read: Option<Read>) -> (bool, bool) {
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
        let many = rows.len() >= MANY;
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
    pub(crate) async fn fail(&mut self, shard: u8, reason: &str) {
        let Some(producer) = self.shards.get_mut(&shard).and_then(Shard::fail) else {
            return;
        };
        tracing::warn!(shard, reason, "resuming from the oldest unsettled row");
        self.counts.failures.inc();
        producer.discard().await;
    }

    pub(crate) async fn take_reports(&mut self, reports: &mut Vec<Report>) {
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
