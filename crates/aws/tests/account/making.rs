//! What AWS was making when whoever asked for it was killed.

use rlab_aws::account::{Making, Progress};
use serde_json::json;

use crate::direct;
use crate::stub::{Answer, Asked};

const CLUSTER: &str = "arn:aws:kafka:eu-west-1:1:cluster/rlab-mine/1";
const SPACE: &str = "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-1";

fn answer(asked: &Asked, state: &str, lab: &str) -> Answer {
    let tags = json!({ "lab": lab });
    let listed = json!([{ "Key": "lab", "Value": lab }]);
    match asked.action.as_str() {
        "GET /api/v2/clusters" => Answer::json(json!({ "clusterInfoList": [
            { "clusterArn": "arn:other", "clusterName": "rlab-mine-2", "state": "ACTIVE", "tags": tags },
            { "clusterArn": CLUSTER, "clusterName": "rlab-mine", "state": state, "tags": tags },
        ] })),
        "DescribeSecret" => Answer::json(
            json!({ "ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:s-1", "Tags": listed }),
        ),
        "ListNamespaces" => Answer::json(json!({ "Namespaces": [
            { "Id": "ns-1", "Arn": SPACE, "Name": "mine.rlab.internal", "Type": "DNS_PRIVATE" },
        ] })),
        "ListTagsForResource" => Answer::json(json!({ "Tags": listed })),
        "DescribeReplicationGroups" => Answer::xml(&format!(
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups>\
             <ReplicationGroup><ReplicationGroupId>rlab-mine</ReplicationGroupId><Status>{state}</Status>\
             </ReplicationGroup></ReplicationGroups></DescribeReplicationGroupsResult>\
             </DescribeReplicationGroupsResponse>"
        )),
        other => panic!("{other} was not expected"),
    }
}

async fn making(kind: &str, name: &str, state: &'static str, of: &'static str) -> Option<Making> {
    let (account, _scratch) = direct(move |asked| answer(asked, state, of)).await;
    account.making("mine", kind, name).await.unwrap()
}

#[tokio::test]
async fn what_was_begun_is_found_by_its_name_with_the_id_that_aws_gave_it() {
    for (kind, name, id) in [
        ("aws_msk_cluster", "rlab-mine", CLUSTER),
        (
            "aws_secretsmanager_secret",
            "rlab-mine/runner",
            "arn:aws:secretsmanager:eu-west-1:1:secret:s-1",
        ),
        (
            "aws_service_discovery_private_dns_namespace",
            "mine.rlab.internal",
            "ns-1",
        ),
    ] {
        let made = making(kind, name, "ACTIVE", "mine").await.unwrap();
        assert_eq!((made.id.as_str(), made.progress), (id, Progress::Ready));
    }
}

#[tokio::test]
async fn what_another_lab_or_nobody_tagged_is_not_taken_for_ours() {
    for (kind, name) in [
        ("aws_msk_cluster", "rlab-mine"),
        ("aws_secretsmanager_secret", "rlab-mine/runner"),
        (
            "aws_service_discovery_private_dns_namespace",
            "mine.rlab.internal",
        ),
    ] {
        assert_eq!(making(kind, name, "ACTIVE", "other").await, None, "{kind}");
    }
}

#[tokio::test]
async fn aws_words_for_working_and_for_failing_are_told_apart() {
    let cluster = |state| making("aws_msk_cluster", "rlab-mine", state, "mine");
    let told = cluster("CREATING").await.unwrap().progress;
    assert_eq!(told, Progress::Working("CREATING".to_owned()));
    let told = cluster("FAILED").await.unwrap().progress;
    assert_eq!(told, Progress::Failed("FAILED".to_owned()));
    let cache = "aws_elasticache_replication_group";
    let told = making(cache, "rlab-mine", "creating", "mine").await;
    assert_eq!(told.unwrap().progress, Progress::Working("creating".into()));
}
