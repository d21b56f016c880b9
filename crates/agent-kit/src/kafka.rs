//! Kafka client configuration shared by producers and consumers.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::Client;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{Producer, ProducerContext};
use rdkafka::{ClientContext, TopicPartitionList};
use rlab_contract::agent_config::AgentConfig;
use rlab_contract::topics::PARTITIONER;

use crate::address::{AddressMap, UnknownEndpoint};
use crate::ready::Readiness;

const ASK_WITHIN: Duration = Duration::from_secs(2);

/// Sends librdkafka's own messages to our log, and its group membership to readiness. The default
/// is for clients that are in no group.
#[derive(Debug, Clone, Default)]
pub struct Context {
    group: Option<(Readiness, &'static str)>,
}

impl Context {
    /// For a consumer: `name` becomes ready when the group has given it partitions, or none.
    pub fn in_group(readiness: &Readiness, name: &'static str) -> Self {
        readiness.needs(name);
        Self {
            group: Some((readiness.clone(), name)),
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            // Settings that are experimental or without effect; tests see that all are accepted.
            _ if facility == "CONFWARN" => tracing::debug!(facility, message, "librdkafka"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, message, "librdkafka");
            }
            _ => tracing::warn!(facility, message, "librdkafka"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Context {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Some((readiness, name)) = &self.group else {
            return;
        };
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = partitions.count(), "assigned");
                readiness.answered(name);
            }
            Rebalance::Revoke(partitions) => {
                tracing::info!(partitions = partitions.count(), "revoked");
            }
            Rebalance::Error(error) => readiness.waits(name, error),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(%error, "offsets not committed");
        }
    }
}

/// Settings common to all clients: who we are, whom to ask first, and quick reconnects, since the
/// brokers of a lab come back within seconds.
///
/// # Errors
/// [`UnknownEndpoint`] when none of the bootstrap endpoints has an address.
pub fn client(
    config: &AgentConfig,
    addresses: &AddressMap,
) -> Result<ClientConfig, UnknownEndpoint> {
    let login = &config.kafka;
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", bootstrap(&login.endpoints, addresses)?)
        .set("client.id", &config.node)
        .set("security.protocol", "SASL_PLAINTEXT")
        .set("sasl.mechanism", "SCRAM-SHA-512")
        .set("sasl.username", &login.user)
        .set("sasl.password", login.password.expose())
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.connection.setup.timeout.ms", "5000")
        .set("topic.metadata.refresh.interval.ms", "5000");
    Ok(client)
}

/// An idempotent producer that waits for all in-sync replicas and partitions as Java clients do.
/// `delivery_timeout` bounds the time from sending to the delivery report; zero means no bound.
///
/// # Errors
/// As [`client`].
pub fn producer(
    config: &AgentConfig,
    addresses: &AddressMap,
    delivery_timeout: Duration,
) -> Result<ClientConfig, UnknownEndpoint> {
    let mut producer = client(config, addresses)?;
    producer
        .set("partitioner", PARTITIONER)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "131072")
        .set("queue.buffering.max.messages", "100000")
        .set(
            "delivery.timeout.ms",
            delivery_timeout.as_millis().to_string(),
        );
    Ok(producer)
}

/// A consumer in the namespace's group that commits only when told to, and whose death is noticed
/// within six seconds.
///
/// # Errors
/// As [`client`].
pub fn consumer(
    config: &AgentConfig,
    addresses: &AddressMap,
) -> Result<ClientConfig, UnknownEndpoint> {
    let mut consumer = client(config, addresses)?;
    consumer
        .set("group.id", &config.namespace.group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1500")
        .set("fetch.wait.max.ms", "100");
    Ok(consumer)
}

/// Asks the cluster whether `topic` exists and has leaders. Blocks: for a blocking thread.
///
/// # Errors
/// What is missing.
pub fn topic_answers<C: ClientContext>(client: &Client<C>, topic: &str) -> Result<(), String> {
    let metadata = client
        .fetch_metadata(Some(topic), ASK_WITHIN)
        .map_err(|e| e.to_string())?;
    let Some(found) = metadata.topics().iter().find(|t| t.name() == topic) else {
        return Err(format!("topic {topic} is not in the metadata"));
    };
    if let Some(error) = found.error() {
        let code = rdkafka::error::RDKafkaErrorCode::from(error);
        return Err(format!("topic {topic}: {code}"));
    }
    match found.partitions().iter().find(|p| p.leader() < 0) {
        Some(partition) => Err(format!(
            "topic {topic}: partition {} has no leader",
            partition.id()
        )),
        None => Ok(()),
    }
}

/// Asks the cluster about `topic` through `producer`, away from the runtime's threads.
///
/// # Errors
/// As [`topic_answers`].
pub async fn producer_reaches<C: ProducerContext>(
    producer: Arc<impl Producer<C> + Send + Sync + 'static>,
    topic: String,
) -> Result<(), String> {
    tokio::task::spawn_blocking(move || topic_answers(producer.client(), &topic))
        .await
        .map_err(|e| e.to_string())?
}

/// Endpoints without an address are left out as long as one has it.
fn bootstrap(endpoints: &[String], addresses: &AddressMap) -> Result<String, UnknownEndpoint> {
    let mut known = Vec::new();
    let mut unknown = None;
    for name in endpoints {
        match addresses.resolve(name) {
            Ok(address) => known.push(address.to_string()),
            Err(error) => unknown = Some(error),
        }
    }
    match unknown {
        Some(error) if known.is_empty() => Err(error),
        _ => Ok(known.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn map(json: &str) -> (tempfile::TempDir, AddressMap) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.json");
        std::fs::write(&file, json).unwrap();
        (dir, AddressMap::follow(file))
    }

    #[tokio::test]
    async fn one_known_broker_is_enough_to_start_from() {
        let (_dir, addresses) = map(r#"{"kafka-2": "127.0.0.1:19192"}"#).await;
        let config = crate::config::sample();
        let built = producer(&config, &addresses, Duration::from_secs(3)).unwrap();
        assert_eq!(built.get("bootstrap.servers"), Some("127.0.0.1:19192"));
        assert_eq!(built.get("delivery.timeout.ms"), Some("3000"));
        assert_eq!(built.get("partitioner"), Some("murmur2_random"));
    }

    #[tokio::test]
    async fn librdkafka_accepts_every_setting() {
        let (_dir, addresses) = map(r#"{"kafka-1": "127.0.0.1:1"}"#).await;
        let config = crate::config::sample();
        let producer = producer(&config, &addresses, Duration::from_secs(3)).unwrap();
        assert!(producer.create_native_config().is_ok());
        let consumer = consumer(&config, &addresses).unwrap();
        assert!(consumer.create_native_config().is_ok());
    }

    #[tokio::test]
    async fn no_known_broker_is_named_as_the_error() {
        let (_dir, addresses) = map("{}").await;
        let error = client(&crate::config::sample(), &addresses).unwrap_err();
        assert!(error.to_string().contains("kafka-2"), "{error}");
    }
}
