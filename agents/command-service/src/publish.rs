//! Direct publishing after the commit: the wrong variant that drills compare the outbox with.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rdkafka::producer::{FutureProducer, FutureRecord};
use rlab_agent_kit::Agent;
use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::kafka::{self, Cluster, Context};
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::topics::value_subject;
use rlab_contract::wire;

const DELIVER_WITHIN: Duration = Duration::from_secs(5);

/// Publishes events one by one and waits for each.
#[derive(Clone)]
pub struct DirectPublisher {
    topic: String,
    link: Arc<OnceLock<Link>>,
}

struct Link {
    producer: FutureProducer<Context>,
    schema_id: u32,
}

impl DirectPublisher {
    /// Connects in the background; until then publishing fails.
    pub fn start(agent: &Agent) -> Self {
        let publisher = Self {
            topic: agent.config.namespace.topic.clone(),
            link: Arc::default(),
        };
        agent.ready.needs("registry");
        agent.ready.needs("kafka");
        tokio::spawn(connect(agent.clone(), publisher.clone()));
        publisher
    }

    /// Publishes `datum` under `key` and waits until all in-sync replicas have it.
    pub async fn publish(&self, key: &str, datum: &[u8]) -> Result<(), String> {
        let link = self.link.get().ok_or("kafka has not answered yet")?;
        let value = wire::frame(link.schema_id, datum);
        let record = FutureRecord::to(&self.topic).key(key).payload(&value);
        match link.producer.send(record, Duration::ZERO).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.to_string()),
        }
    }
}

async fn connect(agent: Agent, publisher: DirectPublisher) {
    let schema_id = register(&agent, &publisher.topic).await;
    let mut backoff = Backoff::default();
    let cluster = Cluster::new(&agent);
    let producer: FutureProducer<Context> = loop {
        let made = cluster
            .producer(DELIVER_WITHIN)
            .map_err(|e| e.to_string())
            .and_then(|c| {
                c.create_with_context(cluster.context())
                    .map_err(|e| e.to_string())
            });
        match made {
            Ok(producer) => break producer,
            Err(error) => agent.ready.waits("kafka", error),
        }
        backoff.wait().await;
    };
    let (asked, topic) = (Arc::new(producer.clone()), publisher.topic.clone());
    agent.ready.keep_asking("kafka", move || {
        kafka::producer_reaches(asked.clone(), topic.clone())
    });
    // Set once: this task is the only one that does.
    let _ = publisher.link.set(Link {
        producer,
        schema_id,
    });
}

async fn register(agent: &Agent, topic: &str) -> u32 {
    let registry = Registry::new(&agent.config.registry, agent.addresses.clone());
    let mut backoff = Backoff::default();
    loop {
        match registry.register(&value_subject(topic), SCHEMA_JSON).await {
            Ok(id) => {
                agent.ready.answered("registry");
                return id;
            }
            Err(error) => agent.ready.waits("registry", error),
        }
        backoff.wait().await;
    }
}
