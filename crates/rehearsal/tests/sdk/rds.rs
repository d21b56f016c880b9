//! RDS: MySQL moves to the other zone, and what is told follows.

use aws_sdk_rds::Client;
use aws_sdk_rds::error::ProvideErrorMetadata;
use aws_sdk_rds::types::SourceType;
use rlab_rehearsal::Zone;

use crate::plane::{LOG, LOG_TEXT};
use crate::{Stage, until};

async fn client(stage: &Stage) -> Client {
    Client::new(&stage.sdk().await)
}

async fn reboot(client: &Client, id: &str, force: bool) -> Result<(), String> {
    let answer = client
        .reboot_db_instance()
        .db_instance_identifier(id)
        .force_failover(force);
    match answer.send().await {
        Ok(answer) => {
            let status = answer
                .db_instance()
                .unwrap()
                .db_instance_status()
                .unwrap()
                .to_owned();
            assert_eq!(status, "rebooting");
            Ok(())
        }
        Err(error) => Err(error
            .into_service_error()
            .code()
            .unwrap_or_default()
            .to_owned()),
    }
}

/// Status and zones.
async fn told(client: &Client) -> (String, String, String) {
    let told = client
        .describe_db_instances()
        .db_instance_identifier("db")
        .send()
        .await
        .unwrap();
    let told = &told.db_instances()[0];
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (
        text(told.db_instance_status()),
        text(told.availability_zone()),
        text(told.secondary_availability_zone()),
    )
}

async fn is_available(client: &Client) -> bool {
    told(client).await.0 == "available"
}

async fn events(client: &Client, kind: SourceType, id: &str) -> Vec<String> {
    let events = client
        .describe_events()
        .source_type(kind)
        .source_identifier(id);
    let events = events.send().await.unwrap().events.unwrap();
    events
        .iter()
        .map(|event| event.message().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_forced_failover_changes_the_zone_and_tells_the_chain() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let before = (
        "available".to_owned(),
        "eu-west-1a".to_owned(),
        "eu-west-1b".to_owned(),
    );
    assert_eq!(told(&client).await, before);
    reboot(&client, "db", true).await.unwrap();
    assert_eq!(
        reboot(&client, "db", true).await,
        Err("InvalidDBInstanceState".to_owned())
    );
    let change = stage.plane.change().await;
    assert_eq!(change.what, "fail mysql over");
    change.killed().await;
    change.promoted("mysql", "mysql-standby").await;
    stage.plane.alter(|topology| {
        topology.mysql.zone = Zone(2);
        topology.mysql.standby_zone = Some(Zone(1));
    });
    change.back().await;
    drop(change);
    until("the end of the failover", || is_available(&client)).await;
    let after = (
        "available".to_owned(),
        "eu-west-1b".to_owned(),
        "eu-west-1a".to_owned(),
    );
    assert_eq!(told(&client).await, after);
    assert_eq!(
        events(&client, SourceType::DbInstance, "db").await,
        [
            "Multi-AZ instance failover started.",
            "Multi-AZ instance activation started.",
            "Multi-AZ failover to standby complete - DNS propagation may take a few minutes.",
            "DB instance restarted.",
            "Multi-AZ instance activation completed.",
            "Multi-AZ instance failover completed.",
        ]
    );
}

#[tokio::test]
async fn a_plain_reboot_stays_where_it_is() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    reboot(&client, "db", false).await.unwrap();
    let change = stage.plane.change().await;
    assert_eq!(change.what, "restart mysql");
    change.killed().await;
    change.back().await;
    drop(change);
    until("the end of the reboot", || is_available(&client)).await;
    let told = events(&client, SourceType::DbInstance, "db").await;
    assert_eq!(told, ["DB instance shutdown.", "DB instance restarted."]);
}

#[tokio::test]
async fn an_instance_is_failed_from_a_failed_failover_until_mysql_is_back() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    reboot(&client, "db", true).await.unwrap();
    let change = stage.plane.change().await;
    change.killed().await;
    stage.plane.alter(|topology| topology.mysql.alive = false);
    change.fail("the storage is gone");
    until("the failure", || async {
        told(&client).await.0 == "failed"
    })
    .await;
    let told = events(&client, SourceType::DbInstance, "db").await;
    assert!(
        told.iter().all(|message| !message.contains("completed")),
        "{told:?}"
    );
    assert_eq!(
        reboot(&client, "db", true).await,
        Err("InvalidDBInstanceState".to_owned())
    );
}

#[tokio::test]
async fn only_a_multi_az_instance_fails_over() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let single = reboot(&client, "single", true).await;
    assert_eq!(single, Err("InvalidParameterCombination".to_owned()));
    assert_eq!(
        reboot(&client, "unknown", true).await,
        Err("DBInstanceNotFound".to_owned())
    );
    assert!(stage.plane.nothing_was_asked().await);
}

#[tokio::test]
async fn a_cluster_has_another_writer_after_its_failover() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let writer = || async {
        let told = client.describe_db_clusters().send().await.unwrap();
        let cluster = &told.db_clusters()[0];
        let mut members = cluster.db_cluster_members().iter();
        let writer = members
            .find(|member| member.is_cluster_writer() == Some(true))
            .unwrap();
        let writer = writer.db_instance_identifier().unwrap().to_owned();
        (cluster.status().unwrap().to_owned(), writer)
    };
    let failover = || client.failover_db_cluster().db_cluster_identifier("aurora");
    let to_writer = failover().target_db_instance_identifier("a-0").send().await;
    assert!(
        to_writer
            .unwrap_err()
            .into_service_error()
            .is_invalid_db_cluster_state_fault()
    );
    failover().send().await.unwrap();
    let change = stage.plane.change().await;
    change.killed().await;
    assert_eq!(
        writer().await,
        ("failing-over".to_owned(), "a-0".to_owned())
    );
    change.promoted("mysql", "mysql-standby").await;
    change.back().await;
    drop(change);
    until("the end of the failover", || async {
        writer().await.0 == "available"
    })
    .await;
    assert_eq!(writer().await.1, "a-1");
    assert_eq!(
        events(&client, SourceType::DbCluster, "aurora").await,
        [
            "Started cross AZ failover to DB instance: a-1.",
            "Completed failover to DB instance: a-1.",
        ]
    );
}

#[tokio::test]
async fn log_files_are_the_real_ones() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let files = client
        .describe_db_log_files()
        .db_instance_identifier("db")
        .send()
        .await
        .unwrap();
    let file = &files.describe_db_log_files()[0];
    assert_eq!(
        (file.log_file_name(), file.size()),
        (Some(LOG), Some(LOG_TEXT.len() as i64))
    );
    let portion = |marker: &str| {
        let portion = client
            .download_db_log_file_portion()
            .db_instance_identifier("db");
        portion.log_file_name(LOG).marker(marker).send()
    };
    let all = portion("0").await.unwrap();
    assert_eq!(all.log_file_data(), Some(LOG_TEXT));
    let rest = portion("18").await.unwrap();
    assert_eq!(rest.log_file_data(), Some(&LOG_TEXT[18..]));
    assert_eq!(rest.additional_data_pending(), Some(false));
    let none = client
        .download_db_log_file_portion()
        .db_instance_identifier("db");
    let none = none.log_file_name("error/none").send().await;
    assert!(
        none.unwrap_err()
            .into_service_error()
            .is_db_log_file_not_found_fault()
    );
}
