//! Takes the snapshot that the ledger judges: what MySQL and the topic hold after a run.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope::Envelope;
use rlab_contract::registry::{RegistryClient, WriterSchema};
use rlab_contract::{topics, wire};
use rlab_evidence::JsonlWriter;
use rlab_lab::servers::{Site, connect_mysql};
use rlab_lab::spec::NodeKind;
use rlab_ledger::Fact;
use rlab_store::{StoreError, snapshot};
use tokio::runtime::Handle;

use crate::error::DrillError;
use crate::probes::reader;

const KAFKA_DEADLINE: Duration = Duration::from_secs(10);
/// Without a record for this long the topic's rest is out of reach.
const SILENCE: Duration = Duration::from_secs(20);

/// Writes every fact about `namespace` to the file at `path`; returns how many there are.
pub(crate) async fn snapshot(
    site: &Site,
    namespace: &Namespace,
    path: &Path,
) -> Result<u64, DrillError> {
    let mut facts = JsonlWriter::create(path)?;
    from_mysql(site, namespace, &mut facts).await?;
    let (site, namespace) = (site.clone(), namespace.clone());
    let scanning = tokio::task::spawn_blocking(move || {
        from_topic(&site, &namespace, &mut facts)?;
        Ok(facts.finish()?)
    });
    scanning.await.map_err(|e| failed("the topic", e))?
}

fn failed(what: &'static str, why: impl ToString) -> DrillError {
    DrillError::Measure {
        what,
        why: why.to_string(),
    }
}

async fn from_mysql(
    site: &Site,
    namespace: &Namespace,
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    let mysql = site.spec.first(NodeKind::Mysql);
    let address = mysql
        .ok_or_else(|| failed("MySQL", "the lab has none"))?
        .front_address(0);
    let mut connection = connect_mysql(site, address, Some(&namespace.database))
        .await
        .map_err(|e| failed("MySQL", e))?;
    let commands = snapshot::commands(&mut connection).map(|row| {
        row.map(|c| Fact::Committed {
            command_id: c.command_id,
            event_id: c.event_id,
            item_id: c.item_id,
            sequence: c.sequence,
        })
    });
    write_all(commands, facts).await?;
    let outbox = snapshot::outbox(&mut connection).map(|row| {
        row.map(|o| Fact::Outbox {
            event_id: o.event_id,
            settled: o.settled,
        })
    });
    write_all(outbox, facts).await?;
    let effects = snapshot::effects(&mut connection).map(|row| {
        row.map(|e| Fact::Effect {
            position: e.id,
            event_id: e.event_id,
            item_id: e.item_id,
            sequence: e.sequence,
        })
    });
    write_all(effects, facts).await
}

async fn write_all(
    rows: impl Stream<Item = Result<Fact, StoreError>>,
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        facts.write(&row.map_err(|e| failed("MySQL", e))?)?;
    }
    Ok(())
}

/// Reads every partition from its begin to the end it has now.
fn from_topic(
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
            endpoint: node.front_address(0).to_string(),
            schemas: HashMap::new(),
        })
    }

    fn fact(&mut self, record: &BorrowedMessage<'_>) -> Result<Fact, DrillError> {
        let (partition, offset) = (record.partition(), record.offset());
        let unreadable = |why: &dyn std::fmt::Display| {
            failed("the topic", format!("record {partition}/{offset}: {why}"))
        };
        let value = record.payload().unwrap_or_default();
        let (id, datum) = wire::split(value).map_err(|e| unreadable(&e))?;
        let schema = self.schema(id)?;
        let envelope = Envelope::decode(&schema, datum).map_err(|e| unreadable(&e))?;
        Ok(Fact::Published {
            event_id: envelope.event_id,
            item_id: envelope.aggregate_id,
            sequence: envelope.sequence,
            partition,
            offset,
        })
    }

    fn schema(&mut self, id: u32) -> Result<Arc<WriterSchema>, DrillError> {
        if let Some(schema) = self.schemas.get(&id) {
            return Ok(Arc::clone(schema));
        }
        let asking = self.registry.schema_by_id(&self.endpoint, id);
        let schema = Handle::current()
            .block_on(asking)
            .map_err(|e| failed("the topic", e))?;
        self.schemas.insert(id, Arc::clone(&schema));
        Ok(schema)
    }
}
