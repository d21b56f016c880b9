//! Kafka clients that prove themselves by tokens, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::statistics::Statistics;
use rlab_agent_kit::address::{AddressMap, Resolve};
use rlab_agent_kit::kafka::{Cluster, Context};
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::token::Tokens;
use rlab_contract::agent_config::{Addresses, AgentConfig, Namespace};
use rlab_contract::login::{KafkaLogin, KafkaProof, Login, Proof, Roots, Transport};

use crate::kafka_server::{Broker, PROOF_EVERY, TOKEN_LIFE, broker, unsecured};
use crate::until;

const TOPIC: &str = "t";

/// Tokens of which no more than `most` can be signed, and how many there were.
fn tokens(most: u32) -> (Tokens, Arc<AtomicU32>) {
    let signed = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&signed);
    let tokens = Tokens::keep(&Readiness::default(), "test token", move || {
        let allowed = counter.load(Ordering::Relaxed) < most;
        counter.fetch_add(u32::from(allowed), Ordering::Relaxed);
        async move { allowed.then(unsecured).ok_or("no more of them") }
    });
    (tokens, signed)
}

fn cluster(broker: &Broker, roots: Roots, tokens: Tokens) -> Cluster {
    fn login<S>() -> Login<S> {
        Login {
            endpoint: String::new(),
            user: String::new(),
            proof: Proof::Password {
                password: "".into(),
                transport: Transport::Plain,
            },
        }
    }
    let address = format!("localhost:{}", broker.port).parse().unwrap();
    let addresses = Addresses::Fixed([("kafka-1".to_owned(), address)].into());
    let map = AddressMap::new(&addresses, Resolve::EachConnect);
    let config = AgentConfig {
        node: "test".into(),
        listen: String::new(),
        addresses,
        admin_token: "".into(),
        supervisor_socket: "none".into(),
        mysql: login(),
        redis: login(),
        kafka: KafkaLogin {
            endpoints: vec!["kafka-1".into()],
            proof: KafkaProof::Iam {
                region: "eu-central-1".into(),
                roots,
            },
        },
        registry: String::new(),
        namespace: Namespace::named("test"),
        crash_rules: Vec::new(),
        settings: std::collections::BTreeMap::new(),
    };
    Cluster::with_tokens(config.into(), map, Some(tokens))
}

/// Counts how often the broker was connected to.
struct Watched {
    kafka: Context,
    connections: Arc<AtomicI64>,
}

impl ClientContext for Watched {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Context::ENABLE_REFRESH_OAUTH_TOKEN;

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.kafka.generate_oauth_token(config)
    }

    fn stats(&self, statistics: Statistics) {
        let real = statistics.brokers.into_values().find(|b| b.nodeid == 1);
        let count = real.and_then(|b| b.connects).unwrap_or_default();
        self.connections.store(count, Ordering::Relaxed);
    }
}

async fn send(producer: &FutureProducer<impl ClientContext + 'static>) -> Result<(), String> {
    let record = FutureRecord::to(TOPIC).key("k").payload("v");
    let sent = producer.send(record, Duration::ZERO).await;
    sent.map(drop).map_err(|(error, _)| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_clients_prove_themselves_anew_and_go_on_after_several_tokens() {
    let broker = broker().await;
    let (tokens, signed) = tokens(u32::MAX);
    let cluster = cluster(&broker, broker.authority.roots(), tokens);
    let connections = Arc::new(AtomicI64::new(0));
    let mut config = until("the first token", async || cluster.producer(TOKEN_LIFE * 2)).await;
    let context = Watched {
        kafka: cluster.context(),
        connections: Arc::clone(&connections),
    };
    config.set("statistics.interval.ms", "200");
    let producer: FutureProducer<Watched> = config.create_with_context(context).unwrap();
    until("the broker takes a record", async || send(&producer).await).await;

    let config = cluster.consumer().unwrap();
    let consumer: StreamConsumer<Context> = config.create_with_context(cluster.context()).unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    let record = consumer.recv().await.unwrap().detach();
    assert_eq!(record.payload(), Some(&b"v"[..]));
    let frozen = frozen(&broker).await;
    assert_eq!(consumer.recv().await.unwrap().payload(), Some(&b"v"[..]));

    let before = signed.load(Ordering::Relaxed);
    // Nothing is sent and nothing comes, while the consumer is polled.
    let idle = tokio::time::timeout(TOKEN_LIFE * 2, consumer.recv()).await;
    assert!(idle.is_err(), "{idle:?}");
    let renewed = signed.load(Ordering::Relaxed) - before;
    assert!(renewed >= 2, "{renewed} tokens");

    send(&producer).await.unwrap();
    let next = tokio::time::timeout(PROOF_EVERY, consumer.recv()).await;
    assert_eq!(next.unwrap().unwrap().payload(), Some(&b"v"[..]));
    assert_eq!(connections.load(Ordering::Relaxed), 1, "connected anew");
    // What a client is left with that shows no new token: the broker has ended its connection.
    let refused = send(&frozen).await.unwrap_err();
    assert!(refused.contains("timed out"), "{refused}");
}

/// A producer that works, and whose token is never renewed.
async fn frozen(broker: &Broker) -> FutureProducer<Context> {
    let (once, _) = tokens(1);
    let cluster = cluster(broker, broker.authority.roots(), once);
    let config = until("the only token", async || cluster.producer(PROOF_EVERY)).await;
    let producer = config.create_with_context(cluster.context()).unwrap();
    send(&producer).await.unwrap();
    producer
}
