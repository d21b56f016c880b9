//! Whether an account has room.

use rlab_aws::account::{Limit, Need, Room};
use serde_json::json;

use crate::direct;
use crate::stub::{Answer, Asked};

fn answer(asked: &Asked) -> Answer {
    let value = |value: f64| Answer::json(json!({ "Quota": { "Value": value } }));
    let code = asked.json()["QuotaCode"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    match (asked.action.as_str(), code.as_str()) {
        ("GetServiceQuota", "L-7B6409FD") => {
            Answer::refusal("AccessDeniedException", "not authorized")
        }
        ("GetServiceQuota", "L-F678F1CE") => value(5.0),
        ("GetServiceQuota", "L-3032A538") => value(6.0),
        // Nobody ever asked for more.
        ("GetServiceQuota", _) => Answer::refusal("NoSuchResourceException", "none"),
        ("GetAWSDefaultServiceQuota", "L-EDD31C36") => value(90.0),
        ("GET /api/v2/clusters", _) => Answer::json(json!({ "clusterInfoList": [
            { "provisioned": { "numberOfBrokerNodes": 60 } },
            { "provisioned": { "numberOfBrokerNodes": 28 } },
            { "serverless": {} },
        ] })),
        ("ListClusters", _) => {
            Answer::json(json!({ "clusterArns": ["arn:aws:ecs:r:1:cluster/c"] }))
        }
        ("ListTasks", _) => Answer::json(json!({ "taskArns": ["arn:1", "arn:2"] })),
        ("DescribeTasks", _) => {
            Answer::json(json!({ "tasks": [{ "cpu": "1024" }, { "cpu": "512" }] }))
        }
        ("DescribeDBInstances", _) => Answer::xml("<DescribeDBInstancesResponse/>"),
        (other, _) => panic!("{other} was not expected"),
    }
}

#[tokio::test]
async fn what_is_needed_is_held_against_what_is_left_and_the_unreadable_is_unknown() {
    let (account, _scratch) = direct(answer).await;
    let need = |limit, count| Need { limit, count };
    let needs = [
        need(Limit::KafkaBrokers, 3.0),
        need(Limit::FargateVcpus, 4.5),
        need(Limit::Databases, 1.0),
        need(Limit::Vpcs, 1.0),
        need(Limit::Vpcs, 6.0),
    ];
    let rooms = account.quotas(&needs).await.unwrap();
    assert_eq!((rooms[0].used, rooms[0].allowed), (Some(88.0), Some(90.0)));
    assert_eq!(rooms[0].room, Room::Short);
    let hint = rooms[0].hint().unwrap();
    assert!(
        hint.contains("--quota-code L-EDD31C36 --desired-value 91"),
        "{hint}"
    );
    assert_eq!((rooms[1].used, &rooms[1].room), (Some(1.5), &Room::Enough));
    assert!(matches!(&rooms[2].room, Room::Unknown { why } if why.contains("AccessDenied")));
    assert!(matches!(rooms[3].room, Room::Unknown { .. }));
    assert_eq!(rooms[4].room, Room::Short);
}
