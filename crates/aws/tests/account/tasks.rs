//! Services, tasks and their logs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use rlab_aws::account::{AccountError, TaskArn, TaskRequest};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::direct;
use crate::stub::Answer;

fn service(running: i32, rollout: &str) -> Value {
    json!({ "failures": [], "services": [{
        "serviceName": "relay", "status": "ACTIVE",
        "desiredCount": 1, "runningCount": running, "pendingCount": 1 - running,
        "deployments": [{ "status": "PRIMARY", "rolloutState": rollout }],
        "events": [{ "createdAt": 1_790_000_000, "message": "(service relay) was unable to place a task" }],
    }] })
}

fn relay() -> Vec<String> {
    vec!["relay".to_owned()]
}

#[tokio::test]
async fn a_service_is_waited_for_until_its_deployment_is_complete() {
    let asked = AtomicUsize::new(0);
    let (account, _scratch) = direct(move |_| {
        Answer::json(match asked.fetch_add(1, Ordering::Relaxed) {
            0 => service(0, "IN_PROGRESS"),
            // It runs, but what runs is not known to be the new one.
            1 => service(1, "IN_PROGRESS"),
            _ => service(1, "COMPLETED"),
        })
    })
    .await;
    let seen = Mutex::new(Vec::new());
    let on = |left: &[rlab_aws::account::Unsteady]| {
        seen.lock()
            .unwrap()
            .push((left[0].running, left[0].events.len()));
    };
    let limit = Duration::from_secs(5);
    account.steady("c", &relay(), limit, &on).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [(0, 1), (1, 1)]);
}

#[tokio::test]
async fn a_service_that_does_not_become_steady_is_told_with_what_ecs_said_and_why_tasks_stopped() {
    let (account, _scratch) = direct(|asked| {
        Answer::json(match asked.action.as_str() {
            "DescribeServices" => service(0, "IN_PROGRESS"),
            "ListTasks" => {
                assert_eq!(asked.json()["desiredStatus"], "STOPPED");
                json!({ "taskArns": ["arn:aws:ecs:eu-west-1:1:task/c/1"] })
            }
            "DescribeTasks" => json!({ "tasks": [{
                "taskArn": "arn:aws:ecs:eu-west-1:1:task/c/1",
                "stoppedReason": "Essential container in task exited",
                "containers": [{ "name": "relay", "exitCode": 78, "reason": "no brokers" }],
            }] }),
            other => panic!("{other} was not expected"),
        })
    })
    .await;
    let limit = Duration::from_millis(50);
    let error = account
        .steady("c", &relay(), limit, &|_| ())
        .await
        .unwrap_err();
    let AccountError::NotSteady {
        services, waited, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(*waited >= limit);
    assert_eq!((services[0].desired, services[0].running), (1, 0));
    assert_eq!(
        services[0].stopped[0].containers,
        ["relay: exit code 78, no brokers"]
    );
    let text = error.to_string();
    for part in [
        "relay: 0 of 1 tasks run",
        "unable to place",
        "Essential container",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_deployment_that_ecs_gave_up_is_not_waited_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let (account, _scratch) = direct(move |question| match question.action.as_str() {
        "DescribeServices" => {
            counted.fetch_add(1, Ordering::Relaxed);
            Answer::json(service(0, "FAILED"))
        }
        _ => Answer::json(json!({ "taskArns": [] })),
    })
    .await;
    let limit = Duration::from_secs(60);
    let error = account
        .steady("c", &relay(), limit, &|_| ())
        .await
        .unwrap_err();
    assert!(matches!(error, AccountError::NotSteady { .. }));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_service_that_does_not_exist_is_not_waited_for() {
    let (account, _scratch) = direct(|_| {
        Answer::json(
            json!({ "services": [], "failures": [{ "arn": "relay", "reason": "MISSING" }] }),
        )
    })
    .await;
    let limit = Duration::from_secs(60);
    let error = account
        .steady("c", &relay(), limit, &|_| ())
        .await
        .unwrap_err();
    assert!(matches!(error, AccountError::NotKnown { .. }), "{error}");
}

fn request() -> TaskRequest {
    TaskRequest {
        cluster: "c".to_owned(),
        definition: "runner:3".to_owned(),
        subnets: vec!["subnet-1".to_owned()],
        security_groups: vec!["sg-1".to_owned()],
        container: "runner".to_owned(),
        command: vec!["drill".to_owned(), "E-002".to_owned()],
        environment: BTreeMap::from([("RLAB_RUN".to_owned(), "1".to_owned())]),
    }
}

#[tokio::test]
async fn a_task_is_run_once_as_asked_and_without_a_public_address() {
    let (account, _scratch) = direct(|asked| {
        let body = asked.json();
        let network = &body["networkConfiguration"]["awsvpcConfiguration"];
        let container = &body["overrides"]["containerOverrides"][0];
        assert_eq!(asked.action, "RunTask");
        assert_eq!(body["launchType"], "FARGATE");
        assert_eq!(body["propagateTags"], "TASK_DEFINITION");
        assert_eq!(network["assignPublicIp"], "DISABLED");
        assert_eq!(network["subnets"], json!(["subnet-1"]));
        assert_eq!(network["securityGroups"], json!(["sg-1"]));
        assert_eq!(container["command"], json!(["drill", "E-002"]));
        assert_eq!(
            container["environment"],
            json!([{ "name": "RLAB_RUN", "value": "1" }])
        );
        assert!(
            body["clientToken"]
                .as_str()
                .is_some_and(|token| !token.is_empty())
        );
        Answer::json(json!({ "tasks": [{ "taskArn": "arn:aws:ecs:eu-west-1:1:task/c/9" }] }))
    })
    .await;
    let task = account.run_task(&request()).await.unwrap();
    assert_eq!(task.to_string(), "arn:aws:ecs:eu-west-1:1:task/c/9");
}

#[tokio::test]
async fn a_task_that_is_not_started_says_why() {
    let (account, _scratch) = direct(|_| {
        Answer::json(json!({ "tasks": [], "failures": [{ "reason": "RESOURCE:CPU" }] }))
    })
    .await;
    let error = account.run_task(&request()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no task of runner:3 was started: RESOURCE:CPU"
    );
}

#[tokio::test]
async fn a_tasks_end_is_its_containers_and_not_that_of_its_neighbour() {
    let (account, _scratch) = direct(|_| {
        Answer::json(json!({ "tasks": [{
            "lastStatus": "STOPPED", "stoppedReason": "Essential container in task exited",
            "startedAt": 1_790_000_000, "stoppedAt": 1_790_000_060,
            "containers": [{ "name": "sidecar", "exitCode": 137 }, { "name": "runner", "exitCode": 2 }],
        }] }))
    })
    .await;
    let task = TaskArn("arn:aws:ecs:eu-west-1:1:task/c/9".to_owned());
    let state = account.task_state("c", &task, "runner").await.unwrap();
    assert!(state.stopped());
    assert_eq!(state.exit_code, Some(2));
    assert_eq!(
        state.reason.as_deref(),
        Some("Essential container in task exited")
    );
    let ran = state
        .stopped_at
        .unwrap()
        .duration_since(state.started_at.unwrap());
    assert_eq!(ran.as_secs(), 60);
}

#[tokio::test]
async fn a_task_that_ecs_forgot_is_not_known() {
    let (account, _scratch) = direct(|_| Answer::json(json!({ "tasks": [] }))).await;
    let error = account
        .task_state("c", &TaskArn("t".to_owned()), "runner")
        .await
        .unwrap_err();
    assert!(matches!(error, AccountError::NotKnown { .. }));
}

/// A log stream that begins late, has an empty page in its middle, and gets its last line after its end.
fn log(asked: &crate::stub::Asked, questions: usize) -> Answer {
    let event = |text: &str| json!({ "timestamp": 1_790_000_000_000_i64, "message": text });
    let page = |events: Vec<Value>, next: &str| {
        Answer::json(json!({ "events": events, "nextForwardToken": next }))
    };
    let token = asked.json()["nextToken"].as_str().map(str::to_owned);
    match (token.as_deref(), questions) {
        (None, 0) => Answer::refusal("ResourceNotFoundException", "no such stream"),
        (None, _) => page(vec![event("one"), event("two")], "f/1"),
        (Some("f/1"), _) => page(vec![], "f/2"),
        (Some("f/2"), _) => page(vec![event("three")], "f/3"),
        (Some("f/3"), 0..=5) => page(vec![], "f/3"),
        (Some("f/3"), _) => page(vec![event("last")], "f/4"),
        (_, _) => page(vec![], "f/4"),
    }
}

#[tokio::test]
async fn every_line_of_a_log_comes_once_also_those_after_the_end() {
    let questions = AtomicUsize::new(0);
    let (account, _scratch) =
        direct(move |asked| log(asked, questions.fetch_add(1, Ordering::Relaxed))).await;
    let ended = CancellationToken::new();
    let lines = account.log_lines("g", "s", ended.clone());
    let text: Vec<String> = lines
        .inspect_ok(|line| {
            if line.text == "three" {
                ended.cancel();
            }
        })
        .map_ok(|line| line.text)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(text, ["one", "two", "three", "last"]);
}

#[tokio::test]
async fn a_log_that_may_not_be_read_is_an_error() {
    let (account, _scratch) = direct(|_| {
        Answer::refusal("AccessDeniedException", "User: u is not authorized to perform: logs:GetLogEvents on resource: arn:aws:logs:eu-west-1:1:log-group:g because no policy allows it")
    })
    .await;
    let lines = account.log_lines("g", "s", CancellationToken::new());
    let error = Box::pin(lines).next().await.unwrap().unwrap_err();
    let policy = error.policy().unwrap();
    assert_eq!(
        policy["Statement"][0]["Action"],
        json!(["logs:GetLogEvents"])
    );
    let resource = json!(["arn:aws:logs:eu-west-1:1:log-group:g"]);
    assert_eq!(policy["Statement"][0]["Resource"], resource);
}
