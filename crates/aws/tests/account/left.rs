//! What is left of a lab.

use jiff::Timestamp;
use rlab_aws::account::{State, Tagged};
use serde_json::json;

use crate::direct;
use crate::stub::{Answer, Asked};

const LATER: i64 = 1_790_000_000;

fn arn(rest: &str) -> String {
    format!("arn:aws:{rest}")
}

fn tagged(rest: &str) -> Tagged {
    Tagged {
        arn: arn(rest),
        service: rest.split(':').next().unwrap().to_owned(),
        kind: String::new(),
    }
}

#[tokio::test]
async fn the_index_of_tags_is_read_to_its_last_page() {
    let (account, _scratch) = direct(|asked| {
        let body = asked.json();
        assert_eq!(
            body["TagFilters"],
            json!([{ "Key": "lab", "Values": ["mine"] }])
        );
        let of = |arn: &str| json!({ "ResourceARN": arn, "Tags": [] });
        Answer::json(match body["PaginationToken"].as_str() {
            None | Some("") => json!({
                "PaginationToken": "more",
                "ResourceTagMappingList": [of("arn:aws:kms:eu-west-1:1:key/1")],
            }),
            Some(_) => json!({
                "PaginationToken": "",
                "ResourceTagMappingList": [of("arn:aws:ecs:eu-west-1:1:service/c/relay")],
            }),
        })
    })
    .await;
    let found = account.tagged("mine").await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|f| (f.service.as_str(), f.kind.as_str()))
        .collect();
    assert_eq!(told, [("ecs", "service"), ("kms", "key")]);
}

fn answer(asked: &Asked) -> Answer {
    let text = asked.text();
    match asked.action.as_str() {
        "DescribeKey" if text.contains("key/going") => Answer::json(json!({ "KeyMetadata": {
            "KeyId": "going", "KeyState": "PendingDeletion", "DeletionDate": LATER,
        } })),
        "DescribeKey" => {
            Answer::json(json!({ "KeyMetadata": { "KeyId": "k", "KeyState": "Enabled" } }))
        }
        "DescribeSecret" if text.contains("going") => Answer::json(json!({ "DeletedDate": LATER })),
        "DescribeSecret" => Answer::refusal("ResourceNotFoundException", "no such secret"),
        "DescribeDBInstances" => Answer::status(
            404,
            "<ErrorResponse><Error><Code>DBInstanceNotFound</Code><Message>none</Message></Error></ErrorResponse>",
        ),
        "DescribeDBInstanceAutomatedBackups" => Answer::xml(
            "<DescribeDBInstanceAutomatedBackupsResponse><DescribeDBInstanceAutomatedBackupsResult>\
             <DBInstanceAutomatedBackups><DBInstanceAutomatedBackup><Status>retained</Status>\
             <BackupRetentionPeriod>1</BackupRetentionPeriod><RestoreWindow>\
             <LatestTime>2026-09-20T13:33:20Z</LatestTime></RestoreWindow>\
             </DBInstanceAutomatedBackup></DBInstanceAutomatedBackups>\
             </DescribeDBInstanceAutomatedBackupsResult></DescribeDBInstanceAutomatedBackupsResponse>",
        ),
        "DescribeReplicationGroups" => Answer::xml(
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups>\
             <ReplicationGroup><ReplicationGroupId>rg</ReplicationGroupId><Status>deleting</Status>\
             </ReplicationGroup></ReplicationGroups></DescribeReplicationGroupsResult>\
             </DescribeReplicationGroupsResponse>",
        ),
        "DescribeServices" => Answer::json(json!({ "services": [{ "status": "INACTIVE" }] })),
        "DescribeTaskDefinition" => {
            Answer::json(json!({ "taskDefinition": { "status": "INACTIVE" } }))
        }
        "DescribeLogGroups" => {
            Answer::json(json!({ "logGroups": [{ "logGroupName": "/rlab/x2" }] }))
        }
        "DescribeRepositories" => Answer::refusal("AccessDeniedException", "not authorized"),
        other => panic!("{other} was not expected"),
    }
}

async fn state(rest: &str) -> State {
    let (account, _scratch) = direct(answer).await;
    let mut residuals = account.still_there(vec![tagged(rest)]).await;
    assert_eq!(residuals.len(), 1);
    residuals.remove(0).state
}

fn there(status: &str) -> State {
    let status = Some(status.to_owned());
    State::There { status }
}

#[tokio::test]
async fn what_goes_by_itself_is_scheduled_with_its_time() {
    let at = Timestamp::from_second(LATER).unwrap();
    for (rest, expected) in [
        ("kms:eu-west-1:1:key/going", Some(at)),
        ("secretsmanager:eu-west-1:1:secret:going", Some(at)),
        (
            "rds:eu-west-1:1:auto-backup:ab-1",
            Some("2026-09-21T13:33:20Z".parse().unwrap()),
        ),
        ("ecs:eu-west-1:1:task-definition/relay:1", None),
    ] {
        let state = state(rest).await;
        let told = matches!(&state, State::Scheduled { until, .. } if *until == expected);
        assert!(told, "{rest}: {state:?}");
    }
}

#[tokio::test]
async fn what_the_index_still_names_but_its_service_does_not_is_gone() {
    for rest in [
        "secretsmanager:eu-west-1:1:secret:other",
        "rds:eu-west-1:1:db:rlab-x",
        "ecs:eu-west-1:1:service/c/relay",
        "logs:eu-west-1:1:log-group:/rlab/x",
    ] {
        assert_eq!(state(rest).await, State::Gone, "{rest}");
    }
}

#[tokio::test]
async fn what_is_there_is_told_with_its_state() {
    assert_eq!(state("kms:eu-west-1:1:key/2").await, there("Enabled"));
    let cache = "elasticache:eu-west-1:1:replicationgroup:rg";
    assert_eq!(state(cache).await, there("deleting"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_unknown_and_not_gone() {
    for rest in [
        "quantum:eu-west-1:1:thing/x",
        "ecr:eu-west-1:1:repository/relay",
    ] {
        let state = state(rest).await;
        assert!(matches!(state, State::Unknown { .. }), "{rest}: {state:?}");
    }
}
