//! Waiting for events, also for those that never come.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rlab_aws::account::{AccountError, Awaited, Event, Source};
use rlab_rehearsal::Fault;
use serde_json::json;

use crate::stub::Answer;
use crate::{Stage, direct};

/// An emulator that tells of two events, a moment ago.
async fn stage() -> Stage {
    Stage::open(|asked| {
        assert_eq!(asked.action, "DescribeEvents");
        let at = Timestamp::now() - SignedDuration::from_secs(2);
        let event = |message: &str| {
            format!(
                "<Event><SourceIdentifier>rg</SourceIdentifier>\
                 <SourceType>replication-group</SourceType><Message>{message}</Message>\
                 <Date>{at}</Date></Event>"
            )
        };
        Answer::xml(&format!(
            "<DescribeEventsResponse><DescribeEventsResult><Events>{}{}</Events>\
             </DescribeEventsResult></DescribeEventsResponse>",
            event("Test Failover API called for node group 0001"),
            event("Failover from primary node a to replica node b completed"),
        ))
    })
    .await
}

fn failover(after: Timestamp) -> Awaited {
    Awaited {
        source: Source::ReplicationGroup,
        id: "rg".to_owned(),
        after,
        what: "completed failover".to_owned(),
    }
}

fn completed(event: &Event) -> bool {
    event.message.starts_with("Failover from") && event.message.ends_with("completed")
}

#[tokio::test]
async fn an_event_that_came_is_found() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let awaited = failover(Timestamp::now() - SignedDuration::from_mins(1));
    let event = account
        .event(&awaited, completed, Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(event.source, "rg");
    assert!(event.at > awaited.after);
}

#[tokio::test]
async fn an_event_that_never_comes_ends_with_what_came_instead() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let withheld = Fault::Withhold {
        service: "elasticache".to_owned(),
        message_prefix: "Failover from".to_owned(),
    };
    stage.faults(&[withheld]).await;
    let awaited = failover(Timestamp::now() - SignedDuration::from_mins(1));
    let limit = Duration::from_millis(100);
    let error = account.event(&awaited, completed, limit).await.unwrap_err();
    let waited = error.waited().unwrap();
    assert!(waited.waited >= limit);
    assert_eq!(waited.what, "completed failover");
    let seen: Vec<_> = waited
        .seen
        .iter()
        .map(|event| event.message.as_str())
        .collect();
    assert_eq!(seen, ["Test Failover API called for node group 0001"]);
    assert!(
        error
            .to_string()
            .starts_with("no completed failover of rg within 0 s; seen last: Test")
    );
}

#[tokio::test]
async fn an_event_of_an_earlier_fault_does_not_count() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let awaited = failover(Timestamp::now());
    let limit = Duration::from_millis(50);
    let error = account.event(&awaited, completed, limit).await.unwrap_err();
    assert_eq!(error.waited().unwrap().seen, []);
}

#[tokio::test]
async fn an_operation_is_waited_for_until_it_ends_well_or_badly() {
    let asked = AtomicU32::new(0);
    let (account, _scratch) = direct(move |_| {
        let state = match asked.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => "REBOOT_IN_PROGRESS",
            _ => "REBOOT_FAILED",
        };
        let error = (state == "REBOOT_FAILED").then(|| json!({ "errorString": "no capacity" }));
        Answer::json(json!({ "clusterOperationInfo": {
            "operationArn": "arn", "operationType": "REBOOT_NODE", "operationState": state,
            "errorInfo": error,
            "provisioned": { "operationSteps": [
                { "stepName": "REBOOT", "stepInfo": { "stepStatus": "IN_PROGRESS" } },
            ] },
        } }))
    })
    .await;
    let arn = "arn:aws:kafka:eu-west-1:123456789012:cluster-operation/x/y/z";
    let ended = account
        .kafka_operation(arn, Duration::from_secs(5))
        .await
        .unwrap();
    assert!(!ended.succeeded());
    assert_eq!(ended.error.as_deref(), Some("no capacity"));
    assert_eq!(ended.steps, ["REBOOT IN_PROGRESS"]);
}

#[tokio::test]
async fn an_operation_that_does_not_end_is_told_with_its_state() {
    let (account, _scratch) = direct(|_| {
        let info =
            json!({ "operationState": "REBOOT_IN_PROGRESS", "operationType": "REBOOT_NODE" });
        Answer::json(json!({ "clusterOperationInfo": info }))
    })
    .await;
    let limit = Duration::from_millis(50);
    let error = account.kafka_operation("arn:x", limit).await.unwrap_err();
    assert!(matches!(error, AccountError::Waited(_)));
    // However often it was asked, one state is told once.
    assert_eq!(error.waited().unwrap().seen.len(), 1);
}
