//! The Kafka consumer: batches of records out, offsets in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Message, Offset, TopicPartitionList};
use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::{self, Cluster, Context};
use tokio::time::{Instant, timeout_at};

/// How long a batch that is not full waits for more.
const GATHER: Duration = Duration::from_millis(20);

/// A record as it lies in the log.
#[derive(Debug, Clone)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub value: Vec<u8>,
}

/// The consumer of the present membership, for those who ask Kafka something through it. They hold
/// it under the lock only.
#[derive(Clone, Default)]
pub struct ConsumerSlot(Arc<Mutex<Weak<StreamConsumer<Context>>>>);

impl ConsumerSlot {
    /// Asks the cluster about `topic`, away from the runtime's threads.
    pub async fn reaches(self, topic: String) -> Result<(), String> {
        let asking = tokio::task::spawn_blocking(move || {
            let present = self.lock();
            match present.upgrade() {
                Some(consumer) => kafka::topic_answers(consumer.client(), &topic),
                None => Err("no consumer yet".to_owned()),
            }
        });
        asking.await.map_err(|e| e.to_string())?
    }

    fn lock(&self) -> MutexGuard<'_, Weak<StreamConsumer<Context>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A member of the namespace's group.
pub struct Intake {
    consumer: Arc<StreamConsumer<Context>>,
    slot: ConsumerSlot,
    topic: String,
}

impl Intake {
    /// Joins the group in the background; `group` is ready once it has.
    pub fn join(agent: &Agent, cluster: &Cluster, slot: &ConsumerSlot) -> Result<Self, String> {
        let config = cluster.consumer().map_err(|e| e.to_string())?;
        let context = cluster.context_in_group(&agent.ready, "group");
        let consumer: StreamConsumer<Context> = config
            .create_with_context(context)
            .map_err(|e| e.to_string())?;
        let topic = agent.config.namespace.topic.clone();
        consumer.subscribe(&[&topic]).map_err(|e| e.to_string())?;
        let consumer = Arc::new(consumer);
        *slot.lock() = Arc::downgrade(&consumer);
        Ok(Self {
            consumer,
            slot: slot.clone(),
            topic,
        })
    }

    /// Why this membership can never go on, if it cannot.
    pub fn broken(&self) -> Option<String> {
        let (code, reason) = self.consumer.client().fatal_error()?;
        Some(format!("{code}: {reason}"))
    }

    /// Waits for a record. May be cancelled while it waits.
    pub async fn first(&self) -> KafkaResult<Record> {
        let message = self.consumer.recv().await?;
        Ok(record(&message))
    }

    /// Gathers up to `most` records from `first` on, for a short while. Must not be cancelled: what
    /// was taken would not be offered to this member again.
    pub async fn gather(&self, first: Record, most: usize) -> Vec<Record> {
        let until = Instant::now() + GATHER;
        let mut batch = vec![first];
        while batch.len() < most {
            match timeout_at(until, self.consumer.recv()).await {
                Ok(Ok(message)) => batch.push(record(&message)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "while gathering");
                    break;
                }
                Err(_) => break,
            }
        }
        batch
    }

    /// Commits the offsets of `batch`, without waiting for the answer.
    pub fn commit(&self, batch: &[Record]) -> KafkaResult<()> {
        self.consumer.commit(&self.after(batch)?, CommitMode::Async)
    }

    /// Commits the offsets of `batch` and waits until the group has them.
    pub async fn commit_and_wait(&self, batch: &[Record]) -> KafkaResult<()> {
        let next = self.after(batch)?;
        let consumer = Arc::clone(&self.consumer);
        let commit = move || consumer.commit(&next, CommitMode::Sync);
        tokio::task::spawn_blocking(commit)
            .await
            .unwrap_or(Err(KafkaError::Canceled))
    }

    fn after(&self, batch: &[Record]) -> KafkaResult<TopicPartitionList> {
        let mut next = TopicPartitionList::new();
        for (partition, offset) in next_offsets(batch) {
            next.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        Ok(next)
    }

    /// Leaves the group, so that others take over at once. Blocks.
    pub fn leave(self) {
        // Nobody else holds the consumer now, so that dropping it is its end.
        let _nobody_asks = self.slot.lock();
        self.consumer.unsubscribe();
        drop(self.consumer);
    }
}

fn record(message: &impl Message) -> Record {
    Record {
        partition: message.partition(),
        offset: message.offset(),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}

/// Per partition, the offset after the last one of the batch.
fn next_offsets(batch: &[Record]) -> BTreeMap<i32, i64> {
    let mut next = BTreeMap::new();
    for record in batch {
        let offset = next.entry(record.partition).or_insert(0);
        *offset = record.offset.saturating_add(1).max(*offset);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_goes_on_after_its_last_record() {
        let at = |partition, offset| Record {
            partition,
            offset,
            value: Vec::new(),
        };
        let batch = [at(1, 7), at(0, 3), at(1, 8), at(0, 4)];
        assert_eq!(next_offsets(&batch), BTreeMap::from([(0, 5), (1, 9)]));
    }
}
