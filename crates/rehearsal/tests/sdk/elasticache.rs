//! ElastiCache: a real replica takes over, and what is told follows.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::error::ProvideErrorMetadata;
use aws_sdk_elasticache::primitives::DateTime;
use aws_sdk_elasticache::types::{Event, SourceType};
use jiff::Timestamp;
use rlab_rehearsal::{Role, Zone};

use crate::{Stage, until};

async fn client(stage: &Stage) -> Client {
    Client::new(&stage.sdk().await)
}

async fn fail_over(client: &Client) -> Result<(), String> {
    let answer = client
        .test_failover()
        .replication_group_id("rg")
        .node_group_id("0001");
    match answer.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(error
            .into_service_error()
            .code()
            .unwrap_or_default()
            .to_owned()),
    }
}

async fn status(client: &Client) -> String {
    let told = client
        .describe_replication_groups()
        .replication_group_id("rg");
    let told = told.send().await.unwrap();
    told.replication_groups()[0].status().unwrap().to_owned()
}

async fn events(client: &Client) -> Vec<Event> {
    client
        .describe_events()
        .duration(60)
        .send()
        .await
        .unwrap()
        .events
        .unwrap()
}

fn messages(events: &[Event], kind: SourceType) -> Vec<&str> {
    let of = events
        .iter()
        .filter(|event| event.source_type() == Some(&kind));
    of.map(|event| event.message().unwrap()).collect()
}

#[tokio::test]
async fn the_chain_of_events_follows_the_real_nodes() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    fail_over(&client).await.unwrap();
    let change = stage.plane.change().await;
    assert_eq!(change.what, "fail shard-1 over");
    assert_eq!(status(&client).await, "modifying");
    assert_eq!(
        fail_over(&client).await,
        Err("InvalidReplicationGroupState".to_owned())
    );
    change.killed().await;
    let promoted = change.promoted("redis-1", "redis-2").await;
    stage.plane.alter(|topology| {
        topology.redis[0].nodes[0].role = Role::Replica;
        topology.redis[0].nodes[1].role = Role::Primary;
    });
    change.back().await;
    drop(change);
    until("the end of the failover", || async {
        status(&client).await == "available"
    })
    .await;

    let told = events(&client).await;
    assert_eq!(
        messages(&told, SourceType::ReplicationGroup),
        [
            "Test Failover API called for node group 0001",
            "Failover from primary node rg-001 to replica node rg-002 completed",
        ]
    );
    assert_eq!(
        messages(&told, SourceType::CacheCluster),
        [
            "Cache cluster created",
            "Failover from primary node rg-001 to replica node rg-002 completed",
            "Recovering cache nodes 0001",
            "Finished recovery for cache nodes 0001",
        ]
    );
    let failover = |event: &&Event| event.message().unwrap().starts_with("Failover from");
    let at = told.iter().find(failover).unwrap().date().unwrap();
    assert_eq!(at.to_millis().unwrap(), promoted.as_millisecond());
}

#[tokio::test]
async fn roles_zones_and_addresses_are_the_real_ones() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    stage.plane.alter(|topology| {
        topology.redis[0].nodes[0].role = Role::Replica;
        topology.redis[0].nodes[1].role = Role::Primary;
        topology.redis[0].nodes[1].zone = Zone(3);
    });
    let told = client.describe_replication_groups().send().await.unwrap();
    let shard = &told.replication_groups()[0].node_groups()[0];
    let members = shard.node_group_members();
    let roles: Vec<_> = members
        .iter()
        .map(|member| member.current_role().unwrap())
        .collect();
    assert_eq!(roles, ["replica", "primary"]);
    assert_eq!(members[1].preferred_availability_zone(), Some("eu-west-1c"));
    let primary = shard.primary_endpoint().unwrap();
    assert_eq!(
        (primary.address(), primary.port()),
        (Some("127.10.9.1"), Some(16379))
    );
    let told = client.describe_cache_clusters().send().await.unwrap();
    let node = &told.cache_clusters()[0];
    assert_eq!(node.preferred_availability_zone(), Some("eu-west-1c"));
    let address = node.cache_nodes()[0].endpoint().unwrap().address();
    assert_eq!(address, Some("127.10.2.1"));
}

#[tokio::test]
async fn the_sixteenth_failover_of_a_day_is_refused() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    for _ in 0..15 {
        fail_over(&client).await.unwrap();
        let change = stage.plane.change().await;
        change.back().await;
        drop(change);
        until("the end of the failover", || async {
            status(&client).await == "available"
        })
        .await;
    }
    assert_eq!(
        fail_over(&client).await,
        Err("APICallRateForCustomerExceeded".to_owned())
    );
    assert!(stage.plane.nothing_was_asked().await);
}

#[tokio::test]
async fn without_a_replica_and_without_a_group_nothing_fails_over() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    stage
        .plane
        .alter(|topology| topology.redis[0].nodes[1].alive = false);
    assert_eq!(
        fail_over(&client).await,
        Err("InvalidReplicationGroupState".to_owned())
    );
    let test = |group: &str, shard: &str| {
        client
            .test_failover()
            .replication_group_id(group)
            .node_group_id(shard)
            .send()
    };
    let unknown = test("unknown", "0001")
        .await
        .unwrap_err()
        .into_service_error();
    assert!(unknown.is_replication_group_not_found_fault());
    let shard = test("rg", "0007").await.unwrap_err().into_service_error();
    assert!(shard.is_node_group_not_found_fault());
    assert!(stage.plane.nothing_was_asked().await);
}

#[tokio::test]
async fn a_failover_that_fails_is_never_told_as_completed() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    fail_over(&client).await.unwrap();
    let change = stage.plane.change().await;
    change.killed().await;
    stage
        .plane
        .alter(|topology| topology.redis[0].nodes[0].alive = false);
    change.fail("no replica answers");
    until("the end of the failover", || async {
        fail_over(&client).await.is_err() && stage.plane.nothing_was_asked().await
    })
    .await;
    assert_eq!(status(&client).await, "modifying");
    let told = events(&client).await;
    assert!(
        told.iter()
            .all(|event| !event.message().unwrap().contains("completed"))
    );
}

#[tokio::test]
async fn events_come_in_pages_and_windows() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    for _ in 0..12 {
        fail_over(&client).await.unwrap();
        let change = stage.plane.change().await;
        change.promoted("redis-1", "redis-2").await;
        change.back().await;
        drop(change);
        until("the end of the failover", || async {
            status(&client).await == "available"
        })
        .await;
    }
    let mut pages = client
        .describe_events()
        .max_records(20)
        .into_paginator()
        .send();
    let (mut sizes, mut dates) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let events = page.unwrap().events.unwrap();
        sizes.push(events.len());
        dates.extend(
            events
                .iter()
                .map(|event| event.date().unwrap().to_millis().unwrap()),
        );
    }
    // Five events each, and one of the emulator.
    assert_eq!(sizes, [20, 20, 20, 1]);
    assert!(dates.is_sorted());
    let past = DateTime::from_millis(Timestamp::now().as_millisecond() - 7_200_000);
    let window = client
        .describe_events()
        .start_time(past)
        .end_time(DateTime::from_secs(past.secs() + 60));
    assert!(window.send().await.unwrap().events().is_empty());
    let few = client.describe_events().max_records(5).send().await;
    assert!(
        few.unwrap_err()
            .into_service_error()
            .is_invalid_parameter_value_exception()
    );
}

#[tokio::test]
async fn there_are_as_many_shards_as_real_ones() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let more = client.modify_replication_group_shard_configuration();
    let more = more
        .replication_group_id("rg")
        .node_group_count(3)
        .apply_immediately(true);
    let refused = more.send().await.unwrap_err().into_service_error();
    assert!(refused.is_insufficient_cache_cluster_capacity_fault());
}
