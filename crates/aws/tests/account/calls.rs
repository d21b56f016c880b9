//! What every call has: bounds, attempts, a journal, and errors that say what to do.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rlab_aws::account::{Account, AccountError, Bounds, Kind};
use rlab_aws::terraform::Cause;
use rlab_aws::terraform::cause::Credentials;
use rlab_rehearsal::{Fault, Requests};
use serde_json::json;

use crate::stub::Answer;
use crate::{ACCOUNT, REGION, SECRET, Scratch, Stage, bounds, of, place};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rlab-x";

async fn stage() -> Stage {
    Stage::open(|_| Answer::json(json!({ "ARN": ARN, "Name": "rlab-x" }))).await
}

fn throttle(times: Option<u32>) -> Fault {
    Fault::Throttle {
        requests: of("PutSecretValue"),
        times,
        retry_after_s: 0,
    }
}

#[tokio::test]
async fn whose_the_credentials_are_is_known_once_connected() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let identity = account.identity();
    assert_eq!(
        (identity.account.as_str(), identity.region.as_str()),
        (ACCOUNT, REGION)
    );
    assert_eq!(identity.kind, Kind::User { name: "ann".into() });
    account.expect_account(ACCOUNT).unwrap();
    let other = account.expect_account("210987654321").unwrap_err();
    assert!(matches!(other, AccountError::OtherAccount { .. }));
    assert!(other.hint().unwrap().contains("210987654321"));
}

#[tokio::test]
async fn a_call_throttled_twice_succeeds_and_leaves_three_attempts_with_their_ids() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    stage.faults(&[throttle(Some(2))]).await;
    account.put_secret(ARN, "{}").await.unwrap();
    let lines = stage.scratch.lines("PutSecretValue");
    let attempts: Vec<_> = lines
        .iter()
        .map(|line| line["attempt"].as_u64().unwrap())
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
    let ids: BTreeSet<_> = lines
        .iter()
        .map(|l| l["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["status"].as_u64().unwrap(), line["error"].as_str()))
        .collect();
    let throttled = (400, Some("ThrottlingException"));
    assert_eq!(told, [throttled, throttled, (200, None)]);
}

#[tokio::test]
async fn a_call_that_is_always_throttled_says_so() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    stage.faults(&[throttle(None)]).await;
    let error = account.put_secret(ARN, "{}").await.unwrap_err();
    assert_eq!(error.cause(), Some(&Cause::Throttled));
    assert!(error.hint().unwrap().contains("up to 3 attempts"));
    let lines = stage.scratch.lines("PutSecretValue");
    assert_eq!(lines.len(), 3);
    assert_eq!(error.request_id(), lines[2]["request_id"].as_str());
}

#[tokio::test]
async fn a_denied_call_names_the_step_and_the_policy_that_grants_it() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap().step("configure the agents");
    let requests = of("PutSecretValue");
    stage.faults(&[Fault::Deny { requests }]).await;
    let error = account.put_secret(ARN, "{}").await.unwrap_err();
    assert_eq!(error.step(), Some("configure the agents"));
    assert!(
        error
            .to_string()
            .starts_with("configure the agents: Secrets Manager PutSecretValue")
    );
    let statement = json!({
        "Effect": "Allow", "Action": ["secretsmanager:PutSecretValue"], "Resource": ["*"]
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    assert_eq!(error.policy(), Some(policy.clone()));
    assert!(error.hint().unwrap().contains(&policy.to_string()));
    // What may not be done is not tried again.
    assert_eq!(stage.scratch.lines("PutSecretValue").len(), 1);
}

#[tokio::test]
async fn expired_credentials_are_named() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let requests = Requests::default();
    stage.faults(&[Fault::ExpiredToken { requests }]).await;
    let error = account.put_secret(ARN, "{}").await.unwrap_err();
    let expired = Cause::Credentials(Credentials::Expired);
    assert_eq!(error.cause(), Some(&expired));
    assert!(error.hint().unwrap().contains("aws sso login"));
    let error = stage.connect().await.unwrap_err();
    assert_eq!(error.cause(), Some(&expired));
}

#[tokio::test]
async fn an_answer_that_is_late_ends_at_the_bound() {
    let stage = stage().await;
    let short = Bounds {
        attempt: Duration::from_millis(200),
        operation: Duration::from_millis(400),
        ..bounds()
    };
    let account = stage.connect_within(short).await.unwrap();
    let requests = of("PutSecretValue");
    let by_ms = 20_000;
    stage.faults(&[Fault::Delay { requests, by_ms }]).await;
    let began = Instant::now();
    let error = account.put_secret(ARN, "{}").await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(error.cause(), Some(&Cause::TimedOut));
    let lines = stage.scratch.lines("PutSecretValue");
    assert_eq!(lines[0]["error"], "timed out");
    assert_eq!(lines[0]["request_id"], json!(null));
}

#[tokio::test]
async fn an_attempt_whose_caller_leaves_is_in_the_journal() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let requests = of("PutSecretValue");
    let by_ms = 20_000;
    stage.faults(&[Fault::Delay { requests, by_ms }]).await;
    let call = account.put_secret(ARN, "{}");
    let left = tokio::time::timeout(Duration::from_millis(200), call).await;
    assert!(left.is_err());
    assert_eq!(
        stage.scratch.lines("PutSecretValue")[0]["error"],
        "abandoned"
    );
}

#[tokio::test]
async fn the_journal_is_the_owners_and_has_no_secrets() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    account
        .put_secret(ARN, "{\"password\":\"hunter2\"}")
        .await
        .unwrap();
    let text = stage.scratch.text();
    assert_eq!(text.lines().count(), 2);
    assert!(
        !text.contains("hunter2") && !text.contains(SECRET),
        "{text}"
    );
    let mode = std::fs::metadata(stage.scratch.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_secret_that_aws_would_refuse_is_not_sent() {
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    for text in [String::new(), "x".repeat(65_537)] {
        let error = account.put_secret(ARN, &text).await.unwrap_err();
        assert!(matches!(error, AccountError::Unfit { .. }), "{error}");
    }
    assert!(stage.scratch.lines("PutSecretValue").is_empty());
}

#[tokio::test]
async fn an_api_that_is_not_there_is_unreachable() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = gone.local_addr().unwrap();
    drop(gone);
    let scratch = Scratch::new();
    let place = place(format!("http://{nobody}"));
    let error = Account::connect(place, scratch.journal())
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Some(&Cause::Unreachable), "{error}");
    let lines = scratch.lines("GetCallerIdentity");
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["error"], "no answer");
}

#[tokio::test]
async fn an_api_that_takes_a_request_and_never_answers_may_have_done_it() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let scratch = Scratch::new();
    let mut place = place(format!("http://{}", silent.local_addr().unwrap()));
    place.bounds.read = Duration::from_millis(100);
    let error = Account::connect(place, scratch.journal())
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Some(&Cause::TimedOut), "{error}");
}

#[tokio::test]
async fn what_takes_long_can_be_handed_to_another_thread() {
    fn sendable<T: Send>(work: T) -> T {
        work
    }
    let stage = stage().await;
    let account = stage.connect().await.unwrap();
    let nowhere = stage.scratch.0.path().join("nowhere");
    drop(sendable(account.fetch("b", "p", &nowhere)));
    drop(sendable(account.put_dir("b", "p", &nowhere, "SHA256SUMS")));
    drop(sendable(account.still_there(Vec::new())));
    drop(sendable(account.steady("c", &[], Duration::ZERO, &|_| ())));
    drop(sendable(account.quotas(&[])));
    let left = tokio::spawn(async move { account.still_there(Vec::new()).await });
    assert_eq!(left.await.unwrap(), []);
}
