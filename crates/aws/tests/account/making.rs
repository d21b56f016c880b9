//! What AWS was making when whoever asked for it was killed.

use rlab_aws::account::{Making, Progress};
use serde_json::{Value, json};

use crate::direct;
use crate::stub::{Answer, Asked};

const CLUSTER: &str = "arn:aws:kafka:eu-west-1:1:cluster/rlab-mine/1";
const CONFIGURATION: &str = "arn:aws:kafka:eu-west-1:1:configuration/rlab-mine/1";
const SPACE: &str = "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-1";
const NAME: &str = "arn:aws:servicediscovery:eu-west-1:1:service/srv-1";
const KEY: &str = "arn:aws:kms:eu-west-1:1:key/k-1";
const FILES: &str = "arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1";
const POINT: &str = "arn:aws:elasticfilesystem:eu-west-1:1:access-point/fsap-1";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:1:secret:s-1";

/// What stands, as AWS tells of it: one thing of each kind, all with the tag of `lab` and in `state`.
fn answer(asked: &Asked, state: &str, lab: &str) -> Answer {
    let path = asked.action.as_str();
    match path {
        "GET /api/v2/clusters" | "GET /v1/configurations" => kafka(path, state, lab),
        _ if path.starts_with("GET /2015-02-01") => files(path, state, lab),
        "DescribeTags" => tags_of_networks(&asked.text(), lab),
        "DescribeVpcs" => Answer::xml(&format!(
            "<a><vpcId>vpc-1</vpcId><state>{state}</state></a>"
        )),
        "DescribeSecurityGroups" if asked.text().contains("sg-0") => gone("InvalidGroup.NotFound"),
        "DescribeSecurityGroups" => Answer::xml("<a><groupId>sg-1</groupId></a>"),
        "DescribeSecurityGroupRules" => rules(),
        "DescribeSubnets" => Answer::xml("<a><subnetId>subnet-1</subnetId></a>"),
        "DescribeRouteTables" => Answer::xml(
            "<a><associationSet><item><routeTableAssociationId>rtbassoc-0</routeTableAssociationId>\
             <main>true</main></item><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId>\
             <subnetId>subnet-1</subnetId></item></associationSet></a>",
        ),
        "ListTagsForResource" | "ListResourceTags" => own_tags(asked, lab),
        "ListRoleTags" => Answer::xml(&format!(
            "<a><member><Key>owner</Key><Value>ann</Value></member>\
             <member><Key>lab</Key><Value>{lab}</Value></member></a>"
        )),
        "GetRole" => Answer::xml("<a/>"),
        _ => others(asked, state, lab),
    }
}

fn others(asked: &Asked, state: &str, lab: &str) -> Answer {
    let listed = json!([{ "Key": "lab", "Value": lab }]);
    match asked.action.as_str() {
        "DescribeSecret" => Answer::json(json!({ "ARN": SECRET, "Tags": listed })),
        "ListNamespaces" => Answer::json(json!({ "Namespaces": [
            { "Id": "ns-1", "Arn": SPACE, "Name": "mine.rlab.internal", "Type": "DNS_PRIVATE" },
        ] })),
        "ListServices" => Answer::json(json!({ "Services": [
            { "Id": "srv-1", "Arn": NAME, "Name": "registry" },
        ] })),
        "GET /experimentTemplates" => Answer::json(json!({ "experimentTemplates": [
            { "id": "EXT1", "tags": { "Name": "rlab-mine-mysql-failover", "lab": lab } },
        ] })),
        "DescribeBudget" => Answer::json(json!({ "Budget": {} })),
        "DescribeLogGroups" => {
            Answer::json(json!({ "logGroups": [{ "logGroupName": "/rlab/mine/runner" }] }))
        }
        "DescribeRepositories" => Answer::json(json!({ "repositories": [{}] })),
        "DescribeServices" => Answer::json(json!({ "services": [{ "status": state }] })),
        "DescribeKey" => Answer::json(json!({ "KeyMetadata": {
            "KeyId": "k-1", "Arn": KEY, "Description": "everything at rest", "KeyState": "Enabled",
        } })),
        "GetResources" => Answer::json(json!({ "ResourceTagMappingList": [
            { "ResourceARN": KEY }, { "ResourceARN": SECRET },
        ] })),
        "DescribeReplicationGroups" => Answer::xml(&format!(
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups>\
             <ReplicationGroup><ReplicationGroupId>rlab-mine</ReplicationGroupId><Status>{state}</Status>\
             </ReplicationGroup></ReplicationGroups></DescribeReplicationGroupsResult>\
             </DescribeReplicationGroupsResponse>"
        )),
        other => panic!("{other} was not expected"),
    }
}

fn kafka(path: &str, state: &str, lab: &str) -> Answer {
    let tags = json!({ "lab": lab });
    Answer::json(match path {
        "GET /v1/configurations" => json!({ "configurations": [
            { "arn": "arn:other", "name": "rlab-mine-2", "description": "lab mine-2" },
            { "arn": CONFIGURATION, "name": "rlab-mine", "description": format!("lab {lab}"), "state": state },
        ] }),
        _ => json!({ "clusterInfoList": [
            { "clusterArn": "arn:other", "clusterName": "rlab-mine-2", "state": "ACTIVE", "tags": tags },
            { "clusterArn": CLUSTER, "clusterName": "rlab-mine", "state": state, "tags": tags },
        ] }),
    })
}

fn files(path: &str, state: &str, lab: &str) -> Answer {
    let tags = json!([{ "Key": "lab", "Value": lab }]);
    Answer::json(match path {
        "GET /2015-02-01/mount-targets" => json!({ "MountTargets": [
            { "MountTargetId": "fsmt-0", "AvailabilityZoneName": "eu-west-1a" },
            { "MountTargetId": "fsmt-1", "AvailabilityZoneName": "eu-west-1b", "LifeCycleState": state },
        ] }),
        "GET /2015-02-01/access-points" => json!({ "AccessPoints": [
            { "AccessPointId": "fsap-1", "AccessPointArn": POINT, "LifeCycleState": state,
              "RootDirectory": { "Path": "/registry" }, "Tags": tags },
        ] }),
        _ => json!({ "FileSystems": [
            { "FileSystemId": "fs-1", "FileSystemArn": FILES, "LifeCycleState": state, "Tags": tags },
        ] }),
    })
}

/// EC2 still tells the tags of `sg-0`, which is gone.
fn tags_of_networks(asked: &str, lab: &str) -> Answer {
    let ids: &[&str] = match asked {
        _ if asked.contains("resource-id") => &["it"],
        _ if asked.contains("security-group") => &["sg-0", "sg-1"],
        _ => &["vpc-1"],
    };
    // The groups of a lab are asked for by its name.
    if asked.contains("Value.1=lab&") && asked.contains("resource-type") && lab != "mine" {
        return Answer::xml("<a/>");
    }
    let item = |id: &&str| format!("<i><resourceId>{id}</resourceId><value>{lab}</value></i>");
    let items: String = ids.iter().map(item).collect();
    Answer::xml(&format!("<a>{items}</a>"))
}

fn rules() -> Answer {
    let rule = |id: &str, egress: bool, about: &str| {
        format!(
            "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
             <isEgress>{egress}</isEgress><description>{about}</description></item>"
        )
    };
    let all = [
        rule("sgr-0", true, "agents-mysql"),
        rule("sgr-1", true, "agents-kafka"),
        rule("sgr-2", false, "agents-kafka"),
    ];
    Answer::xml(&format!(
        "<a><securityGroupRuleSet>{}</securityGroupRuleSet></a>",
        all.concat()
    ))
}

/// Each protocol says it in its own way.
fn own_tags(asked: &Asked, lab: &str) -> Answer {
    if asked.text().starts_with("Action=") {
        return Answer::xml(&format!(
            "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>\
             <Tag><Key>lab</Key><Value>{lab}</Value></Tag></TagList></ListTagsForResourceResult>\
             </ListTagsForResourceResponse>"
        ));
    }
    let target = asked.headers["x-amz-target"].to_str().unwrap();
    let (key, value) = ("Key", "Value");
    let list = |key: &str, value: &str| json!([{ key: "lab", value: lab }]);
    Answer::json(match target.split('.').next().unwrap() {
        "Logs_20140328" => json!({ "tags": { "lab": lab } }),
        "AWSBudgetServiceGateway" => json!({ "ResourceTags": list(key, value) }),
        "Route53AutoNaming_v20170314" => json!({ "Tags": list(key, value) }),
        "TrentService" => json!({ "Tags": list("TagKey", "TagValue") }),
        "AmazonEC2ContainerServiceV20141113" => json!({ "tags": list("key", "value") }),
        _ => json!({ "tags": list(key, value) }),
    })
}

fn gone(code: &str) -> Answer {
    let body = format!("<R><Errors><Error><Code>{code}</Code></Error></Errors></R>");
    Answer::status(400, body)
}

async fn making(kind: &str, name: &str, state: &'static str, of: &'static str) -> Option<Making> {
    let (account, _scratch) = direct(move |asked| answer(asked, state, of)).await;
    account.making("mine", kind, name).await.unwrap()
}

/// Type, what is planned for it, and what AWS calls it.
const BEGUN: &[(&str, &str, &str)] = &[
    (
        "aws_budgets_budget",
        "rlab-mine-daily",
        "123456789012:rlab-mine-daily",
    ),
    (
        "aws_cloudwatch_log_group",
        "/rlab/mine/runner",
        "/rlab/mine/runner",
    ),
    ("aws_ecr_repository", "rlab-mine/runner", "rlab-mine/runner"),
    (
        "aws_ecs_service",
        "registry",
        "arn:aws:ecs:eu-west-1:123456789012:service/rlab-mine/registry",
    ),
    ("aws_efs_access_point", "/registry", "fsap-1"),
    ("aws_efs_file_system", "rlab-mine-registry", "fs-1"),
    ("aws_efs_mount_target", "eu-west-1b", "fsmt-1"),
    (
        "aws_elasticache_replication_group",
        "rlab-mine",
        "rlab-mine",
    ),
    (
        "aws_fis_experiment_template",
        "rlab-mine-mysql-failover",
        "EXT1",
    ),
    ("aws_iam_role", "rlab-mine-runner", "rlab-mine-runner"),
    ("aws_kms_alias", "alias/rlab-mine", "alias/rlab-mine"),
    ("aws_kms_key", "everything at rest", "k-1"),
    ("aws_msk_cluster", "rlab-mine", CLUSTER),
    ("aws_msk_configuration", "rlab-mine", CONFIGURATION),
    ("aws_secretsmanager_secret", "rlab-mine/runner", SECRET),
    ("aws_security_group", "rlab-mine-kafka", "sg-1"),
    (
        "aws_service_discovery_private_dns_namespace",
        "mine.rlab.internal",
        "ns-1",
    ),
    ("aws_service_discovery_service", "registry", "srv-1"),
    ("aws_vpc", "rlab-mine", "vpc-1"),
    (
        "aws_vpc_security_group_egress_rule",
        "agents-kafka",
        "sgr-1",
    ),
    (
        "aws_vpc_security_group_ingress_rule",
        "agents-kafka",
        "sgr-2",
    ),
];

#[tokio::test]
async fn what_was_begun_is_found_by_what_was_planned_with_the_id_that_aws_gave_it() {
    for (kind, name, id) in BEGUN {
        let made = making(kind, name, "AVAILABLE", "mine").await;
        let made = made.unwrap_or_else(|| panic!("{kind} was not found"));
        assert_eq!((made.id.as_str(), made.progress), (*id, Progress::Ready));
    }
    // It has no tag: the lab's subnet and the lab's table speak for it.
    let entry = making("aws_route_table_association", "eu-west-1a", "", "mine").await;
    assert_eq!(entry.unwrap().id, "rtbassoc-1");
}

#[tokio::test]
async fn what_another_lab_tagged_is_not_taken_for_ours() {
    for (kind, name, _) in BEGUN {
        assert_eq!(
            making(kind, name, "AVAILABLE", "other").await,
            None,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn aws_words_for_working_and_for_failing_are_told_apart() {
    let cluster = |state| making("aws_msk_cluster", "rlab-mine", state, "mine");
    let told = cluster("CREATING").await.unwrap().progress;
    assert_eq!(told, Progress::Working("CREATING".to_owned()));
    let told = cluster("FAILED").await.unwrap().progress;
    assert_eq!(told, Progress::Failed("FAILED".to_owned()));
    let told = making("aws_efs_file_system", "rlab-mine-registry", "error", "mine").await;
    assert_eq!(told.unwrap().progress, Progress::Failed("error".into()));
}

#[tokio::test]
async fn what_aws_still_works_on_is_asked_for_its_tags_once_it_is_ready() {
    let cache = |state, of| making("aws_elasticache_replication_group", "rlab-mine", state, of);
    let working = Progress::Working("creating".into());
    let told = cache("creating", "nobody, since it refuses to tell").await;
    assert_eq!(told.unwrap().progress, working);
    assert_eq!(cache("available", "other").await, None);
}

#[tokio::test]
async fn what_is_gone_or_was_never_made_is_not_there() {
    let (account, _scratch) = direct(|asked| match asked.action.as_str() {
        "DescribeTags" => tags_of_networks("security-group", "mine"),
        "DescribeSecurityGroups" => gone("InvalidGroup.NotFound"),
        "DescribeServices" => Answer::json(json!({ "services": [{ "status": "INACTIVE" }] })),
        "DescribeSecret" => Answer::json(json!({
            "ARN": SECRET, "DeletedDate": 1.0, "Tags": [{ "Key": "lab", "Value": "mine" }],
        })),
        "DescribeKey" => Answer::refusal("NotFoundException", "no such alias"),
        "GetRole" => Answer::status(404, "<E><Error><Code>NoSuchEntity</Code></Error></E>"),
        other => Answer::json(nothing(other)),
    })
    .await;
    for kind in [
        "aws_security_group",
        "aws_ecs_service",
        "aws_secretsmanager_secret",
        "aws_kms_alias",
        "aws_iam_role",
        "aws_fis_experiment_template",
        "aws_cloudwatch_dashboard",
    ] {
        assert_eq!(
            account.making("mine", kind, "x").await.unwrap(),
            None,
            "{kind}"
        );
    }
}

fn nothing(action: &str) -> Value {
    match action {
        "GET /experimentTemplates" => json!({ "experimentTemplates": [] }),
        other => panic!("{other} was not expected"),
    }
}
