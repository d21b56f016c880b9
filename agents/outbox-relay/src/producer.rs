//! The Kafka producer of one shard, and its delivery reports.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};
use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::{self, Cluster, Context};
use rlab_store::relay_lease::Lease;
use tokio::sync::mpsc;

/// No record times out by itself, or later ones of its partition could overtake it. The shard watches
/// the time and drops the whole producer.
const NO_TIMEOUT: Duration = Duration::ZERO;

/// What became of a record.
#[derive(Debug)]
pub struct Report {
    /// The lease it was sent under.
    pub lease: Lease,
    /// Number of the producer that sent it.
    pub generation: u64,
    /// The outbox row.
    pub id: u64,
    /// Whether all in-sync replicas have it.
    pub outcome: Result<(), KafkaError>,
}

type Inner = ThreadedProducer<Reporting>;

/// A producer that sends the records of one shard, in order.
pub struct ShardProducer {
    inner: Arc<Inner>,
    topic: String,
}

/// Hands each delivery report on, with the sender's number.
struct Reporting {
    kafka: Context,
    lease: Lease,
    generation: u64,
    reports: mpsc::UnboundedSender<Report>,
}

/// Makes producers, and lets readiness ask Kafka through one of those there are.
#[derive(Clone)]
pub struct Producers {
    cluster: Cluster,
    topic: String,
    reports: mpsc::UnboundedSender<Report>,
    present: Arc<Mutex<BTreeMap<u8, Weak<Inner>>>>,
}

impl Producers {
    /// Producers that report to `reports`.
    pub fn new(agent: &Agent, reports: mpsc::UnboundedSender<Report>) -> Self {
        let topic = agent.config.namespace.topic.clone();
        let producers = Self {
            cluster: Cluster::new(agent),
            topic: topic.clone(),
            reports,
            present: Arc::default(),
        };
        let asked = producers.clone();
        agent.ready.keep_asking("kafka", move || {
            let (producer, topic) = (asked.any(), topic.clone());
            async move {
                match producer {
                    Some(producer) => kafka::producer_reaches(producer, topic).await,
                    // A relay without shards has none, and needs none.
                    None => Ok(()),
                }
            }
        });
        producers
    }

    /// A new producer for the shard of `lease`.
    pub fn make(&self, lease: Lease, generation: u64) -> Result<ShardProducer, String> {
        let mut config = self
            .cluster
            .producer(NO_TIMEOUT)
            .map_err(|e| e.to_string())?;
        // Nor may a record that fails for another reason be overtaken.
        config.set("enable.gapless.guarantee", "true");
        let context = Reporting {
            kafka: self.cluster.context(),
            lease,
            generation,
            reports: self.reports.clone(),
        };
        let inner: Inner = config
            .create_with_context(context)
            .map_err(|e| e.to_string())?;
        let inner = Arc::new(inner);
        self.lock().insert(lease.shard, Arc::downgrade(&inner));
        Ok(ShardProducer {
            inner,
            topic: self.topic.clone(),
        })
    }

    fn any(&self) -> Option<Arc<Inner>> {
        self.lock().values().find_map(Weak::upgrade)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u8, Weak<Inner>>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ShardProducer {
    /// Queues the record of outbox row `id`; its report comes later.
    pub fn send(&self, id: u64, key: &str, value: &[u8]) -> Result<(), KafkaError> {
        let opaque = usize::try_from(id).map_err(|_| KafkaError::Canceled)?;
        let record = BaseRecord::with_opaque_to(&self.topic, opaque)
            .key(key)
            .payload(value);
        self.inner.send(record).map_err(|(error, _)| error)
    }

    /// Drops the producer with all that it still has queued or in flight. Once this is over none of
    /// it is sent any more.
    pub async fn discard(self) {
        let dropping = tokio::task::spawn_blocking(move || {
            self.inner.purge(PurgeConfig::default().queue().inflight());
        });
        if dropping.await.is_err() {
            tracing::error!("producer could not be dropped");
        }
    }
}

impl ClientContext for Reporting {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Context::ENABLE_REFRESH_OAUTH_TOKEN;

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.kafka.generate_oauth_token(config)
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.kafka.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.kafka.error(error, reason);
    }
}

impl ProducerContext for Reporting {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, id: usize) {
        // The relay is gone only when the process ends.
        let _ = self.reports.send(Report {
            lease: self.lease,
            generation: self.generation,
            id: id as u64,
            outcome: match result {
                Ok(_) => Ok(()),
                Err((error, _)) => Err(error.clone()),
            },
        });
    }
}
