//! The lab's own connections to servers that it does not run, over TLS and by tokens, on real servers: each test
//! starts them from the cache (`RLAB_CACHE`) and ends them. Run with `--features rlab-lab/real-servers`.
//!
//! AWS is not there: a server knows as password what the lab shows as token, and Kafka checks unsecured JWTs.

#[path = "../../../agent-kit/tests/real_servers/certificates.rs"]
mod certificates;
#[path = "../../../agent-kit/tests/real_servers/kafka_server.rs"]
mod kafka_server;
#[path = "../../../agent-kit/tests/real_servers/mysql_server.rs"]
mod mysql_server;
#[path = "../../../agent-kit/tests/real_servers/process.rs"]
mod process;
#[path = "../../../agent-kit/tests/real_servers/redis_server.rs"]
mod redis_server;
mod stage;

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rlab_contract::address::Address;
use rlab_contract::topics::domain_events;
use rlab_lab::LabError;
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::{connect_kafka, connect_mysql, connect_redis, kafka_consumer};

use stage::{Stage, redis_token};

const TOPIC: &str = "t";
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn every_server_lets_the_lab_in_by_a_token_over_tls_and_does_what_it_asks() {
    let stage = Stage::start().await;
    let site = &stage.site;
    let mut mysql = connect_mysql(site, stage.mysql(), Some("lab"))
        .await
        .unwrap();
    let user = sqlx::query_scalar("SELECT SUBSTRING_INDEX(USER(), '@', 1)");
    let user: String = user.fetch_one(&mut mysql).await.unwrap();
    assert_eq!(user, "agent");

    let mut redis = connect_redis(site, stage.redis()).await.unwrap();
    let mut who = redis::cmd("ACL");
    let user: String = who.arg("WHOAMI").query_async(&mut redis).await.unwrap();
    assert_eq!(user, "agent");

    let mut kafka = connect_kafka(site, stage.kafka()).await.unwrap();
    let mut topic = domain_events(TOPIC);
    // There is one broker.
    topic.replication_factor = 1;
    kafka.create_topics(&[topic]).await.unwrap();
    assert!(!kafka.partitions(TOPIC).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_logs_in_by_token_before_it_was_ever_polled_for_a_record() {
    let stage = Stage::start().await;
    let mut kafka = connect_kafka(&stage.site, stage.kafka()).await.unwrap();
    let mut topic = domain_events(TOPIC);
    topic.replication_factor = 1;
    kafka.create_topics(&[topic]).await.unwrap();
    let site = stage.site.clone();
    let asking = tokio::task::spawn_blocking(move || {
        let consumer = kafka_consumer(&site, ADMIN, "g", &[]).unwrap();
        let end = Instant::now() + SOON;
        loop {
            match consumer.fetch_watermarks(TOPIC, 0, SOON) {
                // The topic is young.
                Err(KafkaError::MetadataFetch(RDKafkaErrorCode::NotLeaderForPartition))
                    if Instant::now() < end => {}
                answer => return answer,
            }
        }
    });
    assert_eq!(asking.await.unwrap(), Ok((0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_with_every_server_that_refused_it() {
    let mut stage = Stage::start().await;
    stage.show_wrong_tokens();
    let Err(LabError::Elsewhere(refused)) = rlab_lab::reach(&stage.site).await else {
        panic!("somebody let in whoever came");
    };
    let [kafka, mysql, redis] = refused.as_slice() else {
        panic!("{refused:?}");
    };
    for (said, server, why) in [
        (
            kafka,
            format!("kafka-1 at {}: ", stage.kafka()),
            "login by token",
        ),
        (
            mysql,
            format!("mysql at {}: ", stage.mysql()),
            "Access denied",
        ),
        (
            redis,
            format!("redis at {}: ", stage.redis()),
            "authentication failed",
        ),
    ] {
        assert!(said.starts_with(&server), "{said}");
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("wrong-token"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_vouches_for_under_that_name_is_shown_no_token() {
    let stage = Stage::start().await;
    let site = &stage.site;
    let alias =
        |address: Address| -> Address { format!("127.0.0.1:{}", address.port()).parse().unwrap() };
    let mysql = connect_mysql(site, alias(stage.mysql()), None).await;
    let mysql = mysql.err().unwrap().to_string();
    assert!(mysql.contains("certificate verify failed"), "{mysql}");
    let redis = connect_redis(site, alias(stage.redis()))
        .await
        .err()
        .unwrap();
    assert!(redis.contains("certificate"), "{redis}");
    let kafka = connect_kafka(site, alias(stage.kafka()))
        .await
        .err()
        .unwrap();
    assert!(kafka.contains("certificate"), "{kafka}");
}

#[test]
fn the_token_that_redis_knows_is_as_long_as_those_of_aws() {
    assert!(redis_token().text.expose().len() > 250);
}
