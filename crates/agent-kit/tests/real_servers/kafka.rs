//! A broker that takes SASL/OAUTHBEARER over TLS and wants a new proof every three seconds, with
//! unsecured JWTs in place of MSK's tokens.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::statistics::Statistics;
use rlab_agent_kit::address::{AddressMap, Resolve};
use rlab_agent_kit::kafka::{Cluster, Context};
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::token::{Token, Tokens};
use rlab_artifacts::{JVM_FLAGS, Servers};
use rlab_contract::agent_config::{Addresses, AgentConfig, Namespace};
use rlab_contract::login::{KafkaLogin, KafkaProof, Login, Proof, Roots, Transport};
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::process::{Process, free_port, servers};
use crate::until;

const PROOF_EVERY: Duration = Duration::from_secs(3);
/// librdkafka looks once a second whether four fifths of a token's life are over, and proves itself anew
/// after nine tenths of what the broker grants: between the two there has to be more than that second.
const TOKEN_LIFE: Duration = Duration::from_secs(12);
const TOPIC: &str = "t";

struct Broker {
    port: u16,
    authority: Authority,
    _process: Process,
    _dir: TempDir,
}

async fn broker() -> Broker {
    let (_, servers) = servers().await;
    let (dir, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
    let (certificate, key) = authority.vouch();
    std::fs::write(dir.path().join("keystore.pem"), key + &certificate).unwrap();
    std::fs::write(
        dir.path().join("server.properties"),
        properties(dir.path(), port),
    )
    .unwrap();
    let format = [
        "format",
        "--cluster-id",
        "MkU3OEVBNTcwNTJENDM2Qk",
        "--config",
    ];
    let mut formatting = java(&servers, "kafka.tools.StorageTool");
    let output = formatting
        .args(format)
        .arg("server.properties")
        .current_dir(dir.path())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut command = java(&servers, "kafka.Kafka");
    Broker {
        port,
        authority,
        _process: Process::start(command.arg("server.properties"), dir.path()),
        _dir: dir,
    }
}

fn java(servers: &Servers, class: &str) -> Command {
    let mut command = Command::new(&servers.java);
    command.arg("-Xmx256m").args(JVM_FLAGS);
    command.arg(format!(
        "-XX:SharedArchiveFile={}",
        servers.kafka_archive.display()
    ));
    command.args(["-cp", &servers.kafka_class_path, class]);
    command
}

fn properties(dir: &Path, port: u16) -> String {
    let (controller, inside) = (free_port(), free_port());
    let dir = dir.display();
    let proof_ms = PROOF_EVERY.as_millis();
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=INSIDE\n\
         listeners=CONTROLLER://127.0.0.1:{controller},INSIDE://127.0.0.1:{inside},AGENT://127.0.0.1:{port}\n\
         advertised.listeners=INSIDE://127.0.0.1:{inside},AGENT://localhost:{port}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,AGENT:SASL_SSL\n\
         listener.name.agent.sasl.enabled.mechanisms=OAUTHBEARER\n\
         listener.name.agent.oauthbearer.sasl.jaas.config={module} required;\n\
         listener.name.agent.oauthbearer.connections.max.reauth.ms={proof_ms}\n\
         listener.name.agent.ssl.keystore.type=PEM\n\
         listener.name.agent.ssl.keystore.location={dir}/keystore.pem\n\
         log.dirs={dir}/data\n\
         num.partitions=1\n\
         offsets.topic.num.partitions=1\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         log.cleaner.dedupe.buffer.size=4194304\n"
    )
}

/// A token that says who it is for and until when, signed by nobody.
fn unsecured() -> Token {
    let runs_out = SystemTime::now() + TOKEN_LIFE;
    let end = runs_out.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let claims = format!(r#"{{"sub":"agent","exp":{:.3}}}"#, end.as_secs_f64());
    let [head, claims] = [r#"{"alg":"none"}"#, &claims].map(|p| BASE64_URL_SAFE_NO_PAD.encode(p));
    Token {
        text: format!("{head}.{claims}.").into(),
        runs_out,
    }
}

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
