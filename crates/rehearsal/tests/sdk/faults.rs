//! Faults of the API itself, and the record of what was asked.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_sdk_kafka::error::ProvideErrorMetadata;
use aws_sdk_kafka::primitives::Blob;
use rlab_rehearsal::{ControlClient, Fault, Requests, Upstreams};

use crate::{ACCOUNT, Stage, until};

fn of(service: &str) -> Requests {
    Requests {
        service: Some(service.to_owned()),
        ..Requests::default()
    }
}

#[tokio::test]
async fn a_throttled_call_succeeds_when_it_is_retried() {
    let stage = Stage::open().await;
    let throttle = |service| Fault::Throttle {
        requests: of(service),
        times: Some(1),
        retry_after_s: 1,
    };
    let faults = [throttle("kafka"), throttle("rds")];
    stage.control().set_faults(&faults).await.unwrap();
    let retrying = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = stage
        .sdk()
        .await
        .into_builder()
        .retry_config(retrying)
        .build();
    aws_sdk_kafka::Client::new(&config)
        .list_clusters_v2()
        .send()
        .await
        .unwrap();
    aws_sdk_rds::Client::new(&config)
        .describe_events()
        .send()
        .await
        .unwrap();
    let log = stage.control().requests().await.unwrap();
    let errors: Vec<_> = log
        .requests
        .iter()
        .map(|request| request.error.as_deref())
        .collect();
    assert_eq!(
        errors,
        [
            Some("TooManyRequestsException"),
            None,
            Some("Throttling"),
            None
        ]
    );
}

#[tokio::test]
async fn a_caller_who_may_only_read_changes_nothing() {
    let stage = Stage::open().await;
    let requests = Requests {
        access_key: Some("reader".to_owned()),
        mutating: true,
        ..Requests::default()
    };
    stage
        .control()
        .set_faults(&[Fault::Deny { requests }])
        .await
        .unwrap();
    let config = stage.as_caller("reader").await;
    let elasticache = aws_sdk_elasticache::Client::new(&config);
    elasticache
        .describe_replication_groups()
        .send()
        .await
        .unwrap();
    let test = elasticache
        .test_failover()
        .replication_group_id("rg")
        .node_group_id("0001");
    let denied = test.send().await.unwrap_err().into_service_error();
    assert_eq!(denied.code(), Some("AccessDenied"));
    let kafka = aws_sdk_kafka::Client::new(&config);
    let arn = "arn:aws:kafka:eu-west-1:123456789012:cluster/x/y-1";
    let reboot = kafka
        .reboot_broker()
        .cluster_arn(arn)
        .broker_ids("1")
        .send()
        .await;
    let denied = reboot.unwrap_err().into_service_error();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
    let expected = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: kafka:RebootBroker on resource: {arn}"
    );
    assert!(
        denied.message().unwrap().starts_with(&expected),
        "{denied:?}"
    );
    assert!(stage.plane.nothing_was_asked().await);
    let log = stage.control().requests().await.unwrap();
    let changed = log
        .requests
        .iter()
        .filter(|request| request.mutating && request.status < 300);
    assert_eq!(changed.count(), 0);
}

#[tokio::test]
async fn an_expired_token_is_named_as_each_protocol_does() {
    let stage = Stage::open().await;
    let requests = Requests::default();
    stage
        .control()
        .set_faults(&[Fault::ExpiredToken { requests }])
        .await
        .unwrap();
    let config = stage.sdk().await;
    let kafka = aws_sdk_kafka::Client::new(&config)
        .list_clusters_v2()
        .send()
        .await;
    assert_eq!(
        kafka.unwrap_err().into_service_error().code(),
        Some("ExpiredTokenException")
    );
    let rds = aws_sdk_rds::Client::new(&config)
        .describe_events()
        .send()
        .await;
    assert_eq!(
        rds.unwrap_err().into_service_error().code(),
        Some("ExpiredToken")
    );
}

#[tokio::test]
async fn an_event_that_is_withheld_never_comes() {
    let stage = Stage::open().await;
    let fault = Fault::Withhold {
        service: "elasticache".to_owned(),
        message_prefix: "Cache cluster created".to_owned(),
    };
    let client = aws_sdk_elasticache::Client::new(&stage.sdk().await);
    let told = || async {
        client
            .describe_events()
            .send()
            .await
            .unwrap()
            .events()
            .len()
    };
    assert_eq!(told().await, 1);
    stage.control().set_faults(&[fault]).await.unwrap();
    assert_eq!(told().await, 0);
}

#[tokio::test]
async fn a_delayed_answer_is_late() {
    let stage = Stage::open().await;
    let requests = of("kafka");
    stage
        .control()
        .set_faults(&[Fault::Delay {
            requests,
            by_ms: 300,
        }])
        .await
        .unwrap();
    let client = aws_sdk_kafka::Client::new(&stage.sdk().await);
    let began = Instant::now();
    client.list_clusters_v2().send().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_call_is_recorded_though_its_caller_left() {
    let stage = Stage::open().await;
    let requests = of("kafka");
    let faults = [Fault::Delay {
        requests,
        by_ms: 400,
    }];
    stage.control().set_faults(&faults).await.unwrap();
    let client = aws_sdk_kafka::Client::new(&stage.sdk().await);
    let call = client
        .create_configuration()
        .name("c")
        .kafka_versions("3.6.0");
    let call = call.server_properties(Blob::new("a=b"));
    let left = tokio::time::timeout(Duration::from_millis(200), call.send()).await;
    assert!(left.is_err());
    until("the record", || async {
        let log = stage.control().requests().await.unwrap();
        log.requests
            .iter()
            .any(|request| request.action == "CreateConfiguration")
    })
    .await;
}

#[tokio::test]
async fn the_record_has_every_request_with_the_id_that_was_answered() {
    use aws_sdk_rds::operation::RequestId;
    let stage = Stage::open().await;
    let rds = aws_sdk_rds::Client::new(&stage.sdk().await);
    let answer = rds.describe_events().send().await.unwrap();
    let log = stage.control().requests().await.unwrap();
    assert_eq!(log.requests.len(), 1);
    let request = &log.requests[0];
    assert_eq!(Some(request.request_id.as_str()), answer.request_id());
    assert_eq!(
        (request.service.as_str(), request.action.as_str()),
        ("rds", "DescribeEvents")
    );
    assert_eq!(
        (request.access_key.as_str(), request.mutating),
        (ACCOUNT, false)
    );
}

#[tokio::test]
async fn the_control_interface_wants_its_token() {
    let stage = Stage::open().await;
    let stranger = ControlClient::new(stage.front.address(), "guess");
    assert!(stranger.requests().await.is_err());
    assert!(stranger.set_faults(&[]).await.is_err());
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_what_is_not_ours_is_passed_on() {
    let stage = Stage::open().await;
    let http = reqwest::Client::new();
    let url = format!("{}/bucket/key", stage.front.url());
    let body = "x".repeat(3 << 20);
    let unsigned = http.put(&url).body(body.clone()).send().await.unwrap();
    assert_eq!(unsigned.status(), 403);
    let scope = "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/s3/aws4_request, Signature=0";
    let signed = http
        .put(&url)
        .header("authorization", scope)
        .body(body.clone());
    let answer = signed.send().await.unwrap();
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    assert_eq!(answer.text().await.unwrap(), body);
    let form = http
        .post(&url)
        .header("authorization", scope.replace("/s3/", "/rds/"));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let too_large = form.body(body).send().await.unwrap();
    assert_eq!(too_large.status(), 413);
}

#[tokio::test]
async fn servers_that_cannot_be_asked_are_an_error_and_not_a_state() {
    let stage = Stage::open().await;
    let config = stage.sdk().await;
    stage.plane.break_down();
    let rds = aws_sdk_rds::Client::new(&config)
        .describe_db_instances()
        .send()
        .await;
    assert_eq!(
        rds.unwrap_err().into_service_error().code(),
        Some("InternalFailure")
    );
    let elasticache = aws_sdk_elasticache::Client::new(&config);
    let told = elasticache.describe_replication_groups().send().await;
    assert_eq!(
        told.unwrap_err().into_service_error().code(),
        Some("InternalFailure")
    );
    let kafka = aws_sdk_kafka::Client::new(&config)
        .list_clusters_v2()
        .send()
        .await;
    assert_eq!(
        kafka.unwrap_err().into_service_error().code(),
        Some("InternalFailure")
    );
}

#[tokio::test]
async fn an_emulator_that_is_gone_is_an_error_that_names_it() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let stage = Stage::over(Upstreams {
        ministack: nobody,
        moto: nobody,
    })
    .await;
    let rds = aws_sdk_rds::Client::new(&stage.sdk().await)
        .describe_db_instances()
        .send()
        .await;
    let error = rds.unwrap_err().into_service_error();
    assert!(
        error.message().unwrap().starts_with("the emulator of rds"),
        "{error:?}"
    );
}
