//! Every record of the topic, with what its payload says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope::{Envelope, Outcome, Payload};
use rlab_contract::registry::{RegistryClient, RegistryError, WriterSchema};
use rlab_contract::{topics, wire};
use rlab_evidence::JsonlWriter;
use rlab_lab::servers::Site;
use rlab_lab::spec::NodeKind;
use rlab_ledger::{Fact, Published, UpgradeOutcome};
use tokio::runtime::Handle;

use super::failed;
use crate::error::DrillError;
use crate::probes::reader;

const KAFKA_DEADLINE: Duration = Duration::from_secs(10);
/// Without a record for this long the topic's rest is out of reach.
const SILENCE: Duration = Duration::from_secs(20);

/// Reads every partition from its begin to the end it has now.
pub(super) fn scan(
    site: &Site,
    namespace: &Namespace,
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    let kafka = |e: KafkaError| failed("the topic", e);
    let consumer = reader(site, &format!("{}.judge", namespace.group))?;
    let mut wanted = TopicPartitionList::new();
    let mut ends = HashMap::new();
    for partition in 0..topics::PARTITIONS {
        let (low, high) = consumer
            .fetch_watermarks(&namespace.topic, partition, KAFKA_DEADLINE)
            .map_err(kafka)?;
        if high > low {
            ends.insert(partition, high);
            wanted
                .add_partition_offset(&namespace.topic, partition, Offset::Beginning)
                .map_err(kafka)?;
        }
    }
    consumer.assign(&wanted).map_err(kafka)?;
    let mut decoder = Decoder::new(site)?;
    let mut heard = Instant::now();
    while !ends.is_empty() {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(record)) => {
                heard = Instant::now();
                let end = ends.get(&record.partition()).copied();
                if end.is_some_and(|end| record.offset() < end) {
                    facts.write(&decoder.fact(&record)?)?;
                }
                if end.is_some_and(|end| record.offset() + 1 >= end) {
                    ends.remove(&record.partition());
                }
            }
            // The end of a partition may lie behind its last record, at a transaction's marker.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ends.remove(&partition);
            }
            Some(Err(error)) => tracing::warn!(%error, "topic scan"),
            None => {}
        }
        if heard.elapsed() > SILENCE {
            return Err(failed(
                "the topic",
                "no record for 20 s before its end was reached",
            ));
        }
    }
    Ok(())
}

struct Decoder {
    registry: RegistryClient,
    endpoint: String,
    schemas: HashMap<u32, Arc<WriterSchema>>,
}

impl Decoder {
    fn new(site: &Site) -> Result<Self, DrillError> {
        let node = site.spec.first(NodeKind::Registry);
        let node = node.ok_or_else(|| failed("the topic", "the lab has no registry"))?;
        Ok(Self {
            registry: RegistryClient::default(),
            endpoint: node.way(0).to_string(),
            schemas: HashMap::new(),
        })
    }

    /// What the record says, or why it says nothing. Only a registry that cannot be asked is an
    /// error: a record that is no event is a finding.
    fn fact(&mut self, record: &BorrowedMessage<'_>) -> Result<Fact, DrillError> {
        let (partition, offset) = (record.partition(), record.offset());
        let unreadable = |why: &dyn std::fmt::Display| Fact::Unreadable {
            partition,
            offset,
            why: why.to_string(),
        };
        let (id, datum) = match wire::split(record.payload().unwrap_or_default()) {
            Ok(parts) => parts,
            Err(error) => return Ok(unreadable(&error)),
        };
        let schema = match self.schema(id) {
            Ok(schema) => schema,
            Err(error @ (RegistryError::UnknownId { .. } | RegistryError::NotAvro { .. })) => {
                return Ok(unreadable(&error));
            }
            Err(error) => return Err(failed("the topic", error)),
        };
        Ok(match Envelope::decode(&schema, datum) {
            Ok(envelope) => Fact::Published(published(envelope, partition, offset)),
            Err(error) => unreadable(&error),
        })
    }

    fn schema(&mut self, id: u32) -> Result<Arc<WriterSchema>, RegistryError> {
        if let Some(schema) = self.schemas.get(&id) {
            return Ok(Arc::clone(schema));
        }
        let asking = self.registry.schema_by_id(&self.endpoint, id);
        let schema = Handle::current().block_on(asking)?;
        self.schemas.insert(id, Arc::clone(&schema));
        Ok(schema)
    }
}

fn published(envelope: Envelope, partition: i32, offset: i64) -> Published {
    let Payload::ItemUpgraded(upgraded) = envelope.payload;
    Published {
        event_id: envelope.event_id,
        item_id: envelope.aggregate_id,
        sequence: envelope.sequence,
        partition,
        offset,
        command_id: upgraded.command_id,
        outcome: match upgraded.outcome {
            Outcome::Success => UpgradeOutcome::Success,
            Outcome::Keep => UpgradeOutcome::Keep,
            Outcome::Drop => UpgradeOutcome::Drop,
            Outcome::Destroy => UpgradeOutcome::Destroy,
        },
        cost: upgraded.cost,
        level_delta: upgraded.level_delta,
    }
}
