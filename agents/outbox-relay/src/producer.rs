//! The Kafka producer of the running session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::producer::{FutureProducer, Producer, PurgeConfig};
use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::{self, Context};

/// No record times out by itself, or later ones of its partition could overtake it. The settler
/// watches the time and drops the whole producer.
const NO_TIMEOUT: Duration = Duration::ZERO;

/// Holds the producer of the running session. Clones share it.
#[derive(Clone)]
pub struct ProducerSlot {
    agent: Agent,
    current: Arc<Mutex<Option<FutureProducer<Context>>>>,
}

impl ProducerSlot {
    /// An empty slot; readiness asks Kafka through whatever producer is in it.
    pub fn new(agent: &Agent) -> Self {
        let slot = Self {
            agent: agent.clone(),
            current: Arc::default(),
        };
        let (asked, topic) = (slot.clone(), agent.config.namespace.topic.clone());
        agent.ready.keep_asking("kafka", move || {
            let (producer, topic) = (asked.get(), topic.clone());
            async move {
                match producer {
                    Some(producer) => kafka::producer_reaches(producer, topic).await,
                    // A relay that stands by has none, and needs none.
                    None => Ok(()),
                }
            }
        });
        slot
    }

    /// Makes a new producer and puts it into the slot.
    pub fn make(&self) -> Result<FutureProducer<Context>, String> {
        let agent = &self.agent;
        let mut config = kafka::producer(&agent.config, &agent.addresses, NO_TIMEOUT)
            .map_err(|e| e.to_string())?;
        // Nor may a record that fails for another reason be overtaken.
        config.set("enable.gapless.guarantee", "true");
        let producer: FutureProducer<Context> = config
            .create_with_context(Context::default())
            .map_err(|e| e.to_string())?;
        *self.lock() = Some(producer.clone());
        Ok(producer)
    }

    /// Drops the producer with all that it still has queued or in flight.
    pub async fn discard(&self) {
        let Some(producer) = self.lock().take() else {
            return;
        };
        let dropping = tokio::task::spawn_blocking(move || {
            producer.purge(PurgeConfig::default().queue().inflight());
            drop(producer);
        });
        if dropping.await.is_err() {
            tracing::error!("producer could not be dropped");
        }
    }

    fn get(&self) -> Option<FutureProducer<Context>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<FutureProducer<Context>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
