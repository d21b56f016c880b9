//! Agents under bad input, and while servers are away.

use std::time::{Duration, Instant};

use futures::StreamExt;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use reqwest::{Client, StatusCode};
use rlab_contract::envelope::{Envelope, ItemUpgraded, Outcome, Payload, SCHEMA_JSON};
use rlab_contract::registry::RegistryClient;
use rlab_contract::topics::value_subject;
use rlab_contract::wire;
use rlab_lab::pipeline::{self, own_namespace};
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::Site;
use rlab_store::synthetic::{self, SyntheticEvent};
use rlab_store::{MySqlConnection, namespace, snapshot};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clients::{door, kafka, runtime};
use crate::scene::{Scene, signal, state};

const SOON: Duration = Duration::from_secs(30);
/// Gauge of the rows that the relay put aside.
const PARKED_NOW: &str = "rlab_outbox_parked_now";

/// What a test needs to talk to one lab's agents and servers.
struct Pipeline<'a> {
    scene: &'a Scene,
    site: Site,
    http: Client,
}

impl<'a> Pipeline<'a> {
    fn of(scene: &'a Scene) -> Self {
        Self {
            scene,
            site: Site::load(scene.dir()).unwrap(),
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let url = format!("http://{}/commands", door(self.scene, 18_080));
        let answer = self.http.post(url).body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn command(&self, item: &str, cost: u32) -> StatusCode {
        self.post(command(Uuid::new_v4(), item, cost)).await.0
    }

    async fn read(&self, item: &str) -> (StatusCode, Value) {
        let url = format!("http://{}/items/{item}", door(self.scene, 18_081));
        let answer = self.http.get(url).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn metric(&self, node: &str, name: &str) -> Option<f64> {
        let address = self.site.spec.node(node)?.front_address(0);
        let url = format!("http://{address}/metrics");
        let text = self.http.get(url).send().await.ok()?.text().await.ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    }

    async fn mysql(&self) -> MySqlConnection {
        let mut mysql = pipeline::admin_connection(&self.site).await.unwrap();
        namespace::enter(&mut mysql, &own_namespace().database)
            .await
            .unwrap();
        mysql
    }

    async fn readable(&self, item: &str, version: u64) {
        self.until(&format!("{item} shows version {version}"), async || {
            self.read(item).await.1["version"] == version
        })
        .await;
    }

    /// What is accepted can soon be read.
    async fn works(&self) {
        let item = Uuid::new_v4().to_string();
        assert_eq!(self.command(&item, 1).await, StatusCode::CREATED);
        self.readable(&item, 1).await;
    }

    /// Waits until `what` holds; fails when it does not soon.
    async fn until(&self, wanted: &str, what: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + SOON;
        while !what().await {
            assert!(Instant::now() < deadline, "not within {SOON:?}: {wanted}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn command(id: Uuid, item: &str, cost: u32) -> String {
    json!({
        "command_id": id, "item_id": item, "kind": "upgrade", "outcome": "success", "cost": cost,
    })
    .to_string()
}

#[test]
fn hostile_requests_are_refused_and_leave_nothing_behind() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    runtime().block_on(async {
        let id = Uuid::new_v4();
        let item = format!("good-{id}");
        let good = command(id, &item, 1);
        let mut mysql = lab.mysql().await;
        let before = snapshot::commands(&mut mysql).count().await;
        for (name, body) in hostile_bodies() {
            let (status, answer) = lab.post(body).await;
            let expected = match name {
                "large" => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            assert_eq!(status, expected, "{name}: {answer}");
        }
        assert_eq!(lab.read(&item).await.0, StatusCode::NOT_FOUND);
        assert_eq!(lab.post(good.clone()).await.0, StatusCode::CREATED);
        assert_eq!(lab.post(good).await.0, StatusCode::OK);
        let (status, answer) = lab.post(command(id, &item, 2)).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::CONFLICT, &json!("command_id_reused"))
        );
        lab.readable(&item, 1).await;
        assert_eq!(snapshot::commands(&mut mysql).count().await, before + 1);
    });
    scene.ends_clean();
}

fn hostile_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let with = |field: &str, value: Value| {
        let mut body: Value = serde_json::from_str(&command(Uuid::new_v4(), "x", 1)).unwrap();
        body[field] = value;
        body.to_string().into_bytes()
    };
    vec![
        ("empty", Vec::new()),
        ("no json", b"cost=1".to_vec()),
        ("no utf-8", vec![b'{', b'"', 0xff, 0xfe, b'"', b'}']),
        ("array", b"[]".to_vec()),
        ("deep", "[".repeat(10_000).into_bytes()),
        ("large", vec![b' '; 17 * 1024]),
        ("another field", with("admin", json!(true))),
        ("no uuid", with("command_id", json!("1"))),
        ("another kind", with("kind", json!("delete"))),
        ("another outcome", with("outcome", json!("win"))),
        ("a negative cost", with("cost", json!(-1))),
        ("a cost too large", with("cost", json!(1e300))),
        ("an item with a quote", with("item_id", json!("x'; --"))),
        (
            "an item that is too long",
            with("item_id", json!("x".repeat(65))),
        ),
        ("an item with a null", with("item_id", json!("a\u{0}b"))),
    ]
}

#[test]
fn records_that_cannot_be_understood_are_parked_and_stop_nothing() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    runtime().block_on(async {
        let registry = lab.site.spec.node("registry").unwrap().front_address(0);
        let topic = own_namespace().topic;
        let id = RegistryClient::default()
            .register(&registry.to_string(), &value_subject(&topic), SCHEMA_JSON)
            .await
            .unwrap();
        let other_schema =
            r#"{"type":"record","name":"Other","fields":[{"name":"a","type":"int"}]}"#;
        let other = RegistryClient::default()
            .register(&registry.to_string(), "unrelated-value", other_schema)
            .await
            .unwrap();
        let item = &format!("odd-dates-{}", Uuid::new_v4());
        let sound = event(item, 1, 0).encode().unwrap();
        let bad: [Vec<u8>; 6] = [
            b"hello".to_vec(),
            Vec::new(),
            wire::frame(id, b"\x01\x02"),
            wire::frame(id, &[sound.clone(), vec![0]].concat()),
            wire::frame(other, &[2]),
            wire::frame(999_999, &sound),
        ];
        let mut mysql = lab.mysql().await;
        let parked = snapshot::parked(&mut mysql).await.unwrap();
        let effects = snapshot::effect_count(&mut mysql).await.unwrap();
        publish(&lab, "bad", &bad);
        // Times that only a clock gone wrong gives: each takes effect once all the same.
        let dates = [0, -1, i64::MAX, i64::MIN, 253_402_300_800_000_000];
        let odd: Vec<Vec<u8>> = dates
            .iter()
            .zip(1..)
            .map(|(at, sequence)| event(item, sequence, *at).encode().unwrap())
            .map(|datum| wire::frame(id, &datum))
            .collect();
        publish(&lab, item, &odd);
        publish(&lab, item, &odd);
        lab.readable(item, dates.len() as u64).await;
        lab.until("every bad record is parked", async || {
            let mut mysql = lab.mysql().await;
            snapshot::parked(&mut mysql).await.unwrap() == parked + bad.len() as u64
        })
        .await;
        let (_, document) = lab.read(item).await;
        assert_eq!(document["spent"], 7 * dates.len());
        let after = snapshot::effect_count(&mut mysql).await.unwrap();
        assert_eq!(after, effects + dates.len() as u64);
    });
    scene.ends_clean();
}

fn event(item: &str, sequence: u64, occurred_at_us: i64) -> Envelope {
    Envelope {
        event_id: Uuid::new_v4(),
        aggregate_id: item.to_owned(),
        sequence,
        schema_version: 1,
        occurred_at_us,
        trace_context: Default::default(),
        payload: Payload::ItemUpgraded(ItemUpgraded {
            command_id: Uuid::new_v4(),
            outcome: Outcome::Keep,
            cost: 7,
            level_delta: 0,
        }),
    }
}

fn publish(lab: &Pipeline<'_>, key: &str, values: &[Vec<u8>]) {
    let producer: ThreadedProducer<DefaultProducerContext> = kafka(lab.scene, ADMIN)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    let topic = own_namespace().topic;
    for value in values {
        let record = BaseRecord::to(&topic).key(key).payload(value);
        producer.send(record).map_err(|(e, _)| e).unwrap();
    }
    producer.flush(SOON).unwrap();
}

#[test]
fn an_outbox_row_that_can_never_be_published_is_parked_visibly_and_blocks_nothing() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    runtime().block_on(async {
        let mut mysql = lab.mysql().await;
        let shown = lab.metric("outbox-relay", PARKED_NOW).await.unwrap();
        let parked = snapshot::parked(&mut mysql).await.unwrap();
        // Of schemas that no relay knows.
        let item = format!("poison-{}", Uuid::new_v4());
        let poison = [998, 999].map(|schema_version| SyntheticEvent {
            event_id: Uuid::new_v4(),
            aggregate_id: item.clone(),
            sequence: 1,
            shard: 0,
            schema_version,
            payload: vec![1],
        });
        synthetic::insert_outbox(&mut mysql, &poison).await.unwrap();
        lab.until("both rows are parked", async || {
            lab.metric("outbox-relay", PARKED_NOW).await == Some(shown + 2.0)
        })
        .await;
        assert_eq!(snapshot::parked(&mut mysql).await.unwrap(), parked + 2);
        for _ in 0..20 {
            let item = format!("after-{}", Uuid::new_v4());
            assert_eq!(lab.command(&item, 1).await, StatusCode::CREATED);
            lab.readable(&item, 1).await;
        }
        assert_eq!(snapshot::backlog(&mut mysql).await.unwrap(), 0);
    });
    scene.ends_clean();
}

#[test]
fn each_server_may_go_away_and_what_was_acknowledged_arrives_when_it_is_back() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    runtime().block_on(async {
        let node = |verb: &str, node: &str| {
            scene.rlab(&["node", verb, node]).succeeded();
        };
        let item = &format!("a-{}", Uuid::new_v4());
        assert_eq!(lab.command(item, 1).await, StatusCode::CREATED);
        lab.readable(item, 1).await;

        node("stop", "redis");
        assert_eq!(lab.command(item, 1).await, StatusCode::CREATED);
        lab.readable(item, 2).await;
        node("start", "redis");

        for broker in ["kafka-1", "kafka-2", "kafka-3"] {
            node("kill", broker);
        }
        assert_eq!(lab.command(item, 1).await, StatusCode::CREATED);
        assert_eq!(lab.read(item).await.0, StatusCode::OK);
        for broker in ["kafka-1", "kafka-2", "kafka-3"] {
            node("start", broker);
        }
        lab.readable(item, 3).await;

        node("stop", "mysql");
        let answer = lab
            .http
            .post(format!("http://{}/commands", door(&scene, 18_080)))
            .body(command(Uuid::new_v4(), item, 1))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        node("start", "mysql");
        lab.until("commands are accepted again", async || {
            lab.command(item, 1).await == StatusCode::CREATED
        })
        .await;
        lab.readable(item, 4).await;
    });
    scene.ends_clean();
}

#[test]
fn agents_that_start_while_a_server_is_away_say_what_they_wait_for_and_then_work() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    for server in ["registry", "redis"] {
        scene.rlab(&["node", "stop", server]).succeeded();
    }
    for agent in ["outbox-relay", "consumer-service", "query-service"] {
        scene.rlab(&["node", "stop", agent]).succeeded();
    }
    let starting: Vec<_> = ["outbox-relay", "consumer-service", "query-service"]
        .map(|agent| scene.start(&["node", "start", agent]))
        .into();
    scene.wait_for(
        "relay and consumer tell what they wait for",
        SOON,
        |status| {
            let waits = |agent: &str, server: &str| {
                let nodes = status["nodes"].as_array().unwrap();
                let node = nodes.iter().find(|n| n["node"] == agent).unwrap();
                node.to_string().contains(server)
            };
            waits("outbox-relay", "registry") && waits("consumer-service", "registry")
        },
    );
    for server in ["registry", "redis"] {
        scene.rlab(&["node", "start", server]).succeeded();
    }
    for mut started in starting {
        assert!(started.wait().unwrap().success());
    }
    runtime().block_on(async {
        lab.works().await;
    });
    scene.ends_clean();
}

/// Kills `agents` while `servers` are away, and waits until each new process says which it misses.
fn restarted_without(scene: &Scene, servers: &[&str], agents: &[&str], missed: &str) {
    let before = scene.status();
    let restarts = |status: &Value, agent: &str| state(status, agent)["restarts"].as_u64();
    for server in servers {
        scene.rlab(&["node", "stop", server]).succeeded();
    }
    for agent in agents {
        signal(scene.pid(agent), "-9");
    }
    scene.wait_for("agents that tell what they wait for", SOON, |status| {
        agents.iter().all(|agent| {
            let detail = state(status, agent)["detail"].as_str();
            restarts(status, agent) > restarts(&before, agent)
                && detail.unwrap_or_default().contains(missed)
        })
    });
    for server in servers {
        scene.rlab(&["node", "start", server]).succeeded();
    }
    scene.wait_for("a lab that is ready again", SOON, |status| {
        status["ready"] == true
    });
}

#[test]
fn agents_that_die_while_mysql_is_away_come_back_with_it() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    let agents = ["command-service", "outbox-relay", "consumer-service"];
    restarted_without(&scene, &["mysql"], &agents, "mysql");
    runtime().block_on(async {
        lab.works().await;
    });
    scene.ends_clean();
}

#[test]
fn agents_that_die_while_kafka_is_away_come_back_with_it() {
    let scene = Scene::up();
    let lab = Pipeline::of(&scene);
    let brokers = ["kafka-1", "kafka-2", "kafka-3"];
    let agents = ["outbox-relay", "consumer-service"];
    restarted_without(&scene, &brokers, &agents, "kafka");
    runtime().block_on(async {
        lab.works().await;
    });
    scene.ends_clean();
}
