//! The Kafka consumer: batches of records out, offsets in.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaResult;
use rdkafka::{Message, Offset, TopicPartitionList};
use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::{self, Context};
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

/// A member of the namespace's group.
pub struct Intake {
    consumer: StreamConsumer<Context>,
    topic: String,
}

impl Intake {
    /// Joins the group in the background; `kafka` is ready once it has.
    pub fn join(agent: &Agent) -> Result<Self, String> {
        let config = kafka::consumer(&agent.config, &agent.addresses).map_err(|e| e.to_string())?;
        let context = Context::in_group(&agent.ready, "kafka");
        let consumer: StreamConsumer<Context> = config
            .create_with_context(context)
            .map_err(|e| e.to_string())?;
        let topic = agent.config.namespace.topic.clone();
        consumer.subscribe(&[&topic]).map_err(|e| e.to_string())?;
        Ok(Self { consumer, topic })
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

    /// Notes that all of `batch` has been dealt with.
    pub fn commit(&self, batch: &[Record], mode: CommitMode) -> KafkaResult<()> {
        let mut next = TopicPartitionList::new();
        for (partition, offset) in next_offsets(batch) {
            next.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        self.consumer.commit(&next, mode)
    }

    /// Leaves the group, so that others take over at once. Blocks.
    pub fn leave(self) {
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
