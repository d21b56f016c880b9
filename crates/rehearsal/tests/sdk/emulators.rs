//! The real emulators behind the front. Ignored unless asked for:
//! `cargo test -p rlab-rehearsal --test sdk -- --ignored`.

use std::net::TcpListener;

use aws_sdk_elasticache::types::AutomaticFailoverStatus;

use crate::{Stage, backends, until};

#[tokio::test]
#[ignore = "installs the emulators from the Python package index"]
async fn resources_made_by_the_sdk_are_described_with_the_real_servers() {
    let scratch = tempfile::tempdir().unwrap();
    let mut backends = backends::start(scratch.path()).await;
    let stage = Stage::over(backends.upstreams()).await;
    let sdk = stage.sdk().await;

    let rds = aws_sdk_rds::Client::new(&sdk);
    let create = rds
        .create_db_instance()
        .db_instance_identifier("db")
        .engine("mysql");
    let create = create
        .db_instance_class("db.t4g.micro")
        .allocated_storage(20)
        .multi_az(true);
    let create = create
        .master_username("admin")
        .master_user_password("rehearsal-Only-1");
    create.send().await.unwrap();
    let instance = || async {
        let told = rds
            .describe_db_instances()
            .db_instance_identifier("db")
            .send()
            .await
            .unwrap();
        told.db_instances()[0].clone()
    };
    until("the instance", || async {
        instance().await.db_instance_status() == Some("available")
    })
    .await;
    let instance = instance().await;
    assert_eq!(instance.endpoint().unwrap().port(), Some(13306));
    assert_eq!(instance.secondary_availability_zone(), Some("eu-west-1b"));

    let cache = aws_sdk_elasticache::Client::new(&sdk);
    let create = cache.create_replication_group().replication_group_id("rg");
    let create = create.replication_group_description("x").engine("redis");
    let create = create
        .cache_node_type("cache.t4g.micro")
        .num_cache_clusters(2);
    create
        .automatic_failover_enabled(true)
        .send()
        .await
        .unwrap();
    let group = || async {
        let told = cache
            .describe_replication_groups()
            .replication_group_id("rg");
        told.send().await.unwrap().replication_groups()[0].clone()
    };
    until("the group", || async {
        group().await.status() == Some("available")
    })
    .await;
    let group = group().await;
    assert_eq!(
        group.automatic_failover(),
        Some(&AutomaticFailoverStatus::Enabled)
    );
    let members = group.node_groups()[0].node_group_members();
    assert_eq!(members[0].current_role(), Some("primary"));
    assert_eq!(members[1].preferred_availability_zone(), Some("eu-west-1b"));
    let test = cache
        .test_failover()
        .replication_group_id("rg")
        .node_group_id("0001");
    test.send().await.unwrap();
    let change = stage.plane.change().await;
    change.promoted("redis-1", "redis-2").await;
    let events = cache.describe_events().duration(60).send().await.unwrap();
    let expected = format!(
        "Failover from primary node {} to replica node {} completed",
        members[0].cache_cluster_id().unwrap(),
        members[1].cache_cluster_id().unwrap()
    );
    let told = |event: &&aws_sdk_elasticache::types::Event| event.message() == Some(&expected);
    assert!(
        events.events().iter().any(|event| told(&event)),
        "{events:?}"
    );

    assert_eq!(backends.ended(), None);
    let upstreams = backends.upstreams();
    backends.stop().await;
    for address in [upstreams.ministack, upstreams.moto] {
        assert!(
            TcpListener::bind(address).is_ok(),
            "{address} is still taken"
        );
    }
}
