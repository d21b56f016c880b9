//! Clients from outside the product, one of each kind, against a lab's doors.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rlab_lab::pipeline;
use rlab_lab::secrets::{ADMIN, Secrets};
use rlab_lab::servers::{Site, kafka_settings};
use serde_json::{Value, json};

use crate::scene::Scene;

const SOON: Duration = Duration::from_secs(20);

pub fn door(scene: &Scene, port: u16) -> String {
    format!("127.0.0.1:{}", port + scene.port_offset())
}

/// Settings of a Kafka client that is `identity`, by the lab's doors.
pub fn kafka(scene: &Scene, identity: &str) -> ClientConfig {
    let site = Site::load(scene.dir()).unwrap();
    let doors = [19_092, 19_192, 19_292].map(|port| door(scene, port));
    let mut settings = kafka_settings(&site, identity).unwrap();
    settings.set("bootstrap.servers", doors.join(","));
    settings
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Posts `count` commands, each to an item that nobody used before; returns the items.
pub fn post_commands(scene: &Scene, count: usize) -> Vec<String> {
    let url = format!("http://{}/commands", door(scene, 18_080));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    runtime().block_on(async {
        let mut items = Vec::new();
        for _ in 0..count {
            let item = format!("item-{}", uuid::Uuid::new_v4());
            let body = json!({
                "command_id": uuid::Uuid::new_v4(), "item_id": item,
                "kind": "upgrade", "outcome": "success", "cost": 3,
            });
            let answer = client.post(&url).json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 201);
            items.push(item);
        }
        items
    })
}

/// Waits until every item can be read.
pub fn wait_until_readable(scene: &Scene, items: &[String]) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let deadline = Instant::now() + SOON;
    runtime().block_on(async {
        for item in items {
            let url = format!("http://{}/items/{item}", door(scene, 18_081));
            loop {
                let answer = client.get(&url).send().await.unwrap();
                let status = answer.status();
                if status.is_success() {
                    let document: Value = answer.json().await.unwrap();
                    assert_eq!(document["version"], 1);
                    break;
                }
                assert!(
                    Instant::now() < deadline,
                    "{item} is not readable: {status}"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
}

#[test]
fn an_outside_client_of_each_kind_works_against_the_lab() {
    let scene = Scene::up();
    let before = effects_that_the_administrator_sees(&scene);
    let items = post_commands(&scene, 5);
    wait_until_readable(&scene, &items);
    kafka_reads_what_was_published_and_what_it_writes_itself(&scene, &items);
    assert_eq!(effects_that_the_administrator_sees(&scene), before + 5);
    redis_answers_the_administrator_and_nobody_else(&scene);
    scene.ends_clean();
}

fn kafka_reads_what_was_published_and_what_it_writes_itself(scene: &Scene, items: &[String]) {
    let topic = pipeline::own_namespace().topic;
    let producer: ThreadedProducer<DefaultProducerContext> =
        kafka(scene, ADMIN).set("acks", "all").create().unwrap();
    let outside = format!("outside-{}", uuid::Uuid::new_v4());
    producer
        .send(BaseRecord::to(&topic).key(&outside).payload("hello"))
        .unwrap();
    producer.flush(SOON).unwrap();
    let consumer: BaseConsumer = kafka(scene, ADMIN)
        .set("group.id", "outside")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[&topic]).unwrap();
    let mut wanted: HashSet<Vec<u8>> = items.iter().map(|item| item.clone().into()).collect();
    wanted.insert(outside.into());
    let deadline = Instant::now() + SOON;
    while !wanted.is_empty() && Instant::now() < deadline {
        if let Some(Ok(record)) = consumer.poll(Duration::from_millis(200)) {
            wanted.remove(record.key().unwrap_or_default());
        }
    }
    assert_eq!(wanted, HashSet::new());
}

fn effects_that_the_administrator_sees(scene: &Scene) -> u64 {
    let secrets = Secrets::load(&scene.dir()).unwrap();
    let database = pipeline::own_namespace().database;
    let password = &secrets.mysql["rlab_admin"];
    let options = rlab_store::connect::options_by_name(
        ("127.0.0.1", 13_306 + scene.port_offset()),
        "rlab_admin",
        password,
        Some(&database),
    );
    runtime().block_on(async {
        let mut connection = rlab_store::connect::open_one(&options).await.unwrap();
        rlab_store::snapshot::effect_count(&mut connection)
            .await
            .unwrap()
    })
}

fn redis_answers_the_administrator_and_nobody_else(scene: &Scene) {
    let secrets = Secrets::load(&scene.dir()).unwrap();
    let address = door(scene, 16_379);
    let known = format!(
        "redis://rlab_admin:{}@{address}",
        secrets.redis["rlab_admin"]
    );
    let ping = |url: String| {
        let mut connection = redis::Client::open(url)?.get_connection()?;
        redis::cmd("PING").query::<String>(&mut connection)
    };
    assert_eq!(ping(known).unwrap(), "PONG");
    assert!(ping(format!("redis://{address}")).is_err());
}
