//! The cache's scripts on a real Redis, by the identities that use them: what a slow reader cannot do.

use std::time::Duration;

use redis::{Connection, FromRedisValue};
use reqwest::StatusCode;
use rlab_agent_kit::cache::{self, Entry};
use rlab_lab::secrets::Secrets;
use serde_json::Value;

use crate::clients::{door, post_commands, runtime, wait_until_readable};
use crate::scene::Scene;

const PREFIX: &str = "race:";
const TTL: Duration = Duration::from_secs(30);

struct Redis {
    reader: Connection,
    consumer: Connection,
}

impl Redis {
    fn of(scene: &Scene) -> Self {
        let secrets = Secrets::load(&scene.dir()).unwrap();
        let open = |user: &str| {
            let password = &secrets.redis[user];
            let url = format!("redis://{user}:{password}@{}", door(scene, 16_379));
            redis::Client::open(url).unwrap().get_connection().unwrap()
        };
        Self {
            reader: open("query_service"),
            consumer: open("consumer_service"),
        }
    }

    /// Whether `version` of `item` was stored.
    fn store(&mut self, item: &str, version: u64) -> bool {
        let document = (version, "tag", &b"body"[..]);
        let command = cache::store(PREFIX, item, Entry::Document, document, TTL);
        command.query(&mut self.reader).unwrap()
    }

    fn shown(&mut self, item: &str) -> Option<u64> {
        let command = cache::fetch(PREFIX, item, Entry::Document);
        let held: Vec<redis::Value> = command.query(&mut self.reader).unwrap();
        Option::<u64>::from_redis_value(held[0].clone()).unwrap()
    }

    fn raise(&mut self, item: &str, version: u64) {
        let mut batch = redis::pipe();
        cache::raise(&mut batch, PREFIX, item, version);
        batch.query::<()>(&mut self.consumer).unwrap();
    }

    fn drop_entries(&mut self, item: &str) {
        let mut batch = redis::pipe();
        cache::drop_entries(&mut batch, PREFIX, item);
        batch.query::<()>(&mut self.consumer).unwrap();
    }
}

#[test]
fn a_slow_reader_brings_an_old_document_back_after_del_and_not_past_a_floor() {
    let scene = Scene::up();
    let mut redis = Redis::of(&scene);
    // The reader missed and holds version 1 in its hands when version 2 is written.
    redis.drop_entries("del");
    assert!(redis.store("del", 1), "nothing keeps it from storing");
    assert_eq!(redis.shown("del"), Some(1));

    redis.raise("floor", 2);
    assert!(!redis.store("floor", 1));
    assert_eq!(redis.shown("floor"), None);
    assert!(redis.store("floor", 2));
    assert!(!redis.store("floor", 1), "nor over a newer one");
    redis.raise("floor", 1);
    assert_eq!(
        redis.shown("floor"),
        Some(2),
        "a duplicate drops nothing newer"
    );
    assert!(!redis.store("floor", 1), "and lowers no floor");
    redis.raise("floor", 3);
    assert_eq!(redis.shown("floor"), None);

    documents_are_answered_as_http_has_it(&scene);
    scene.ends_clean();
}

fn documents_are_answered_as_http_has_it(scene: &Scene) {
    let items = post_commands(scene, 1);
    wait_until_readable(scene, &items);
    let item = items[0].as_str();
    let url = |path: &str| format!("http://{}/items/{path}", door(scene, 18_081));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    runtime().block_on(async {
        let full = client.get(url(item)).send().await.unwrap();
        let tag = full.headers()["etag"].clone();
        let document: Value = full.json().await.unwrap();
        assert!(document["valuation"][0]["from_zero"]["mean"].as_f64() > Some(0.0));
        let again = client.get(url(item)).header("if-none-match", tag);
        let again = again.send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()["x-cache"], "hit");
        let head = client
            .head(url(&format!("{item}/summary")))
            .send()
            .await
            .unwrap();
        assert_eq!(head.headers()["x-version"], "1");
        let large = "x".repeat(10_000);
        for hostile in ["none", "%2e%2e%2fetc", "a%00b", "%7Ba%7D", "é", &large] {
            let answer = client.get(url(hostile)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{hostile}");
        }
        let answer = client.delete(url(item)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    });
}
