//! MSK: clusters, configurations, and a broker that is rebooted for real.

use aws_sdk_kafka::Client;
use aws_sdk_kafka::error::ProvideErrorMetadata;
use aws_sdk_kafka::operation::RequestId;
use aws_sdk_kafka::primitives::Blob;
use aws_sdk_kafka::types::{
    BrokerNodeGroupInfo, ClientAuthentication, ClusterState, Iam, ProvisionedRequest, Sasl,
};

use crate::{Stage, until};

const NO_CLUSTER: &str = "arn:aws:kafka:eu-west-1:123456789012:cluster/none/uuid-1";

async fn client(stage: &Stage) -> Client {
    Client::new(&stage.sdk().await)
}

fn provisioned(brokers: i32) -> ProvisionedRequest {
    let group = BrokerNodeGroupInfo::builder()
        .instance_type("kafka.t3.small")
        .client_subnets("subnet-1")
        .client_subnets("subnet-2")
        .client_subnets("subnet-3");
    let iam = Iam::builder().enabled(true).build();
    let sasl = Sasl::builder().iam(iam).build();
    ProvisionedRequest::builder()
        .kafka_version("3.6.0")
        .number_of_broker_nodes(brokers)
        .broker_node_group_info(group.build())
        .client_authentication(ClientAuthentication::builder().sasl(sasl).build())
        .build()
}

async fn create(client: &Client, name: &str) -> String {
    let created = client
        .create_cluster_v2()
        .cluster_name(name)
        .provisioned(provisioned(3));
    let created = created.send().await.unwrap();
    created.cluster_arn().unwrap().to_owned()
}

async fn state(client: &Client, arn: &str) -> ClusterState {
    let told = client
        .describe_cluster_v2()
        .cluster_arn(arn)
        .send()
        .await
        .unwrap();
    told.cluster_info().unwrap().state().unwrap().clone()
}

#[tokio::test]
async fn a_cluster_is_active_once_every_broker_is_alive() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    stage
        .plane
        .alter(|topology| topology.brokers[1].alive = false);
    let arn = create(&client, "rlab").await;
    assert_eq!(state(&client, &arn).await, ClusterState::Creating);
    stage
        .plane
        .alter(|topology| topology.brokers[1].alive = true);
    assert_eq!(state(&client, &arn).await, ClusterState::Active);
    stage
        .plane
        .alter(|topology| topology.brokers[1].alive = false);
    assert_eq!(state(&client, &arn).await, ClusterState::Healing);
}

#[tokio::test]
async fn nodes_and_bootstrap_brokers_are_the_real_ones() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = create(&client, "rlab").await;
    let brokers = client
        .get_bootstrap_brokers()
        .cluster_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        brokers.bootstrap_broker_string_sasl_iam(),
        Some("127.10.1.1:19092,127.10.2.1:19092,127.10.3.1:19092")
    );
    assert_eq!(brokers.bootstrap_broker_string(), None);
    let mut pages = client
        .list_nodes()
        .cluster_arn(&arn)
        .max_results(2)
        .into_paginator()
        .send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        let brokers = page
            .node_info_list()
            .iter()
            .filter_map(|node| node.broker_node_info());
        ids.extend(brokers.filter_map(|broker| broker.broker_id()));
    }
    assert_eq!(ids, [1.0, 2.0, 3.0]);
}

#[tokio::test]
async fn a_reboot_is_told_as_the_broker_goes_through_it() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = create(&client, "rlab").await;
    let reboot = || client.reboot_broker().cluster_arn(&arn).broker_ids("2");
    let answer = reboot().send().await.unwrap();
    assert!(answer.request_id().is_some());
    let operation = answer.cluster_operation_arn().unwrap().to_owned();
    let change = stage.plane.change().await;
    assert_eq!(change.what, "reboot broker 2");
    assert_eq!(state(&client, &arn).await, ClusterState::RebootingBroker);
    let refused = reboot().send().await.unwrap_err().into_service_error();
    assert!(refused.is_bad_request_exception());
    assert!(stage.plane.nothing_was_asked().await);

    let describe = || {
        client
            .describe_cluster_operation_v2()
            .cluster_operation_arn(&operation)
    };
    change.killed().await;
    let told = describe()
        .send()
        .await
        .unwrap()
        .cluster_operation_info
        .unwrap();
    assert_eq!(told.operation_state(), Some("REBOOT_IN_PROGRESS"));
    assert_eq!(told.operation_type(), Some("REBOOT_NODE"));
    let steps = told.provisioned.unwrap();
    let status = |place: usize| steps.operation_steps()[place].step_info()?.step_status();
    assert_eq!(
        (status(0), status(1)),
        (Some("COMPLETED"), Some("IN_PROGRESS"))
    );

    let back = change.back().await;
    drop(change);
    until("the end of the reboot", || async {
        state(&client, &arn).await == ClusterState::Active
    })
    .await;
    let told = describe()
        .send()
        .await
        .unwrap()
        .cluster_operation_info
        .unwrap();
    assert_eq!(told.operation_state(), Some("REBOOT_COMPLETE"));
    assert_eq!(
        told.end_time().unwrap().to_millis().unwrap(),
        back.as_millisecond()
    );
    let v1 = client
        .list_cluster_operations()
        .cluster_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(v1.cluster_operation_info_list().len(), 1);
}

#[tokio::test]
async fn a_broker_that_does_not_come_back_is_a_failed_operation() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = create(&client, "rlab").await;
    for failing in [true, false] {
        let answer = client
            .reboot_broker()
            .cluster_arn(&arn)
            .broker_ids("1")
            .send()
            .await;
        let operation = answer.unwrap().cluster_operation_arn.unwrap();
        let change = stage.plane.change().await;
        change.killed().await;
        match failing {
            true => change.fail("out of memory"),
            // The stream ends, but nobody said that the broker is back.
            false => drop(change),
        }
        until("the end of the reboot", || async {
            state(&client, &arn).await == ClusterState::Active
        })
        .await;
        let told = client
            .describe_cluster_operation()
            .cluster_operation_arn(operation);
        let told = told.send().await.unwrap().cluster_operation_info.unwrap();
        assert_eq!(told.operation_state(), Some("REBOOT_FAILED"));
        let why = told
            .error_info()
            .unwrap()
            .error_string()
            .unwrap()
            .to_owned();
        assert_eq!(why.contains("out of memory"), failing, "{why}");
    }
}

#[tokio::test]
async fn what_msk_would_not_do_is_refused_and_nothing_is_killed() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = create(&client, "rlab").await;
    let reboot = || client.reboot_broker().cluster_arn(&arn);
    let two = reboot().broker_ids("1").broker_ids("2").send().await;
    assert!(
        two.unwrap_err()
            .into_service_error()
            .is_bad_request_exception()
    );
    let ninth = reboot().broker_ids("9").send().await;
    assert!(
        ninth
            .unwrap_err()
            .into_service_error()
            .is_bad_request_exception()
    );
    assert_eq!(state(&client, &arn).await, ClusterState::Active);
    stage
        .plane
        .alter(|topology| topology.brokers[0].alive = false);
    let healing = reboot()
        .broker_ids("2")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(
        healing.message().unwrap().contains("HEALING"),
        "{healing:?}"
    );
    let unknown = client
        .reboot_broker()
        .cluster_arn(NO_CLUSTER)
        .broker_ids("1")
        .send()
        .await;
    assert!(
        unknown
            .unwrap_err()
            .into_service_error()
            .is_not_found_exception()
    );
    assert!(stage.plane.nothing_was_asked().await);
}

#[tokio::test]
async fn unknown_clusters_and_operations_are_not_found() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let v1 = client
        .describe_cluster()
        .cluster_arn(NO_CLUSTER)
        .send()
        .await;
    assert!(
        v1.unwrap_err()
            .into_service_error()
            .is_not_found_exception()
    );
    let v2 = client
        .describe_cluster_v2()
        .cluster_arn(NO_CLUSTER)
        .send()
        .await;
    assert!(
        v2.unwrap_err()
            .into_service_error()
            .is_not_found_exception()
    );
    let operation = format!(
        "{}/op",
        NO_CLUSTER.replace(":cluster/", ":cluster-operation/")
    );
    let told = client
        .describe_cluster_operation()
        .cluster_operation_arn(operation);
    let told = told.send().await.unwrap_err().into_service_error();
    assert!(told.is_not_found_exception());
}

#[tokio::test]
async fn a_cluster_has_as_many_brokers_as_there_are() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let six = client
        .create_cluster_v2()
        .cluster_name("six")
        .provisioned(provisioned(6));
    assert!(
        six.send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_bad_request_exception()
    );
    create(&client, "rlab").await;
    let again = client
        .create_cluster_v2()
        .cluster_name("rlab")
        .provisioned(provisioned(3));
    assert!(
        again
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_conflict_exception()
    );
}

#[tokio::test]
async fn a_deleted_configuration_does_not_exist() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let properties = || Blob::new("min.insync.replicas=2");
    let created = client
        .create_configuration()
        .name("c")
        .kafka_versions("3.6.0");
    let created = created
        .server_properties(properties())
        .send()
        .await
        .unwrap();
    let arn = created.arn().unwrap().to_owned();
    let update = client
        .update_configuration()
        .arn(&arn)
        .server_properties(properties());
    let updated = update.send().await.unwrap();
    assert_eq!(updated.latest_revision().unwrap().revision(), Some(2));
    let revision = client
        .describe_configuration_revision()
        .arn(&arn)
        .revision(2);
    let revision = revision.send().await.unwrap();
    assert_eq!(revision.server_properties(), Some(&properties()));
    client
        .delete_configuration()
        .arn(&arn)
        .send()
        .await
        .unwrap();
    let gone = client.describe_configuration().arn(&arn).send().await;
    let gone = gone.unwrap_err().into_service_error();
    assert!(gone.is_bad_request_exception());
    assert_eq!(gone.message(), Some("Configuration ARN does not exist"));
}

#[tokio::test]
async fn tags_and_policies_hang_on_a_cluster() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = create(&client, "rlab").await;
    client
        .tag_resource()
        .resource_arn(&arn)
        .tags("a", "1")
        .tags("b", "2")
        .send()
        .await
        .unwrap();
    client
        .untag_resource()
        .resource_arn(&arn)
        .tag_keys("a")
        .send()
        .await
        .unwrap();
    let tags = client
        .list_tags_for_resource()
        .resource_arn(&arn)
        .send()
        .await
        .unwrap();
    let tags = tags.tags().unwrap();
    assert_eq!((tags.len(), tags["b"].as_str()), (1, "2"));
    let none = client.get_cluster_policy().cluster_arn(&arn).send().await;
    assert!(
        none.unwrap_err()
            .into_service_error()
            .is_not_found_exception()
    );
    client
        .put_cluster_policy()
        .cluster_arn(&arn)
        .policy("{}")
        .send()
        .await
        .unwrap();
    let policy = client
        .get_cluster_policy()
        .cluster_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(policy.policy(), Some("{}"));
    client
        .delete_cluster()
        .cluster_arn(&arn)
        .send()
        .await
        .unwrap();
    let clusters = client.list_clusters_v2().send().await.unwrap();
    assert!(clusters.cluster_info_list().is_empty());
}
