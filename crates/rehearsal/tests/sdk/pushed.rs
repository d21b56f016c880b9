//! From a pushed image to a task's last line, with the real emulator's registry, secrets and logs. Ignored
//! unless asked for, as in `emulators.rs`.

use reqwest::{Response, StatusCode};
use rlab_rehearsal::{Exit, TaskStep};
use serde_json::json;

use crate::processes::{Asked, SERVICE};
use crate::{Api, LOGS, Stage, backends, until};

const ECS: Api = ("ecs", "AmazonEC2ContainerServiceV20141113");
const ECR: Api = ("ecr", "AmazonEC2ContainerRegistry_V20150921");
const SECRETS: Api = ("secretsmanager", "secretsmanager");

/// SHA-256 of no bytes, and of [`MANIFEST`].
const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const MANIFEST: &str = "{\"schemaVersion\":2}";
const MANIFEST_DIGEST: &str =
    "sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f";

/// Pushes as OCI clients do; without a token nothing is taken.
async fn push(stage: &Stage, repository: &str, token: Option<&str>) -> Response {
    let http = reqwest::Client::new();
    let with_token = |request: reqwest::RequestBuilder| match token {
        Some(token) => request.header("authorization", format!("Basic {token}")),
        None => request,
    };
    let base = format!("http://{repository}").replacen(
        &stage.front.address().to_string(),
        &format!("{}/v2", stage.front.address()),
        1,
    );
    let upload = with_token(http.post(format!("{base}/blobs/uploads/")));
    let upload = upload.send().await.unwrap();
    if upload.status() != StatusCode::ACCEPTED {
        return upload;
    }
    let place = upload.headers()["location"].to_str().unwrap().to_owned();
    let put = http.put(format!("{}{place}?digest={EMPTY}", stage.front.url()));
    let put = with_token(put).body("").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
    let put = with_token(http.put(format!("{base}/manifests/{MANIFEST_DIGEST}")));
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let put = put.header("content-type", kind).body(MANIFEST);
    put.send().await.unwrap()
}

#[tokio::test]
#[ignore = "installs the emulators from the Python package index"]
async fn what_was_pushed_runs_and_its_last_line_is_stored() {
    let scratch = tempfile::tempdir().unwrap();
    let backends = backends::start(scratch.path()).await;
    let stage = Stage::over(backends.upstreams()).await;

    let made = json!({ "repositoryName": "lab/main" });
    let made = stage.ask(ECR, "CreateRepository", made).await;
    let repository = made["repository"]["repositoryUri"].as_str().unwrap();
    let refused = push(&stage, repository, None).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    stage
        .ask(ECS, "CreateCluster", json!({ "clusterName": "lab" }))
        .await;
    stage
        .ask(LOGS, "CreateLogGroup", json!({ "logGroupName": "/lab" }))
        .await;
    let secret = stage
        .ask(SECRETS, "CreateSecret", json!({ "Name": "main" }))
        .await;
    let definition = json!({
        "family": "main",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{
            "name": "main",
            "essential": true,
            "image": format!("{repository}@{MANIFEST_DIGEST}"),
            "secrets": [{ "name": "CONFIG", "valueFrom": secret["ARN"] }],
            "logConfiguration": { "logDriver": "awslogs", "options": {
                "awslogs-group": "/lab", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p",
            }},
        }],
    });
    stage.ask(ECS, "RegisterTaskDefinition", definition).await;
    let vpc = json!({ "awsvpcConfiguration": { "subnets": ["subnet-1"] } });
    let run = || async {
        let asked = json!({
            "cluster": "lab", "taskDefinition": "main", "launchType": "FARGATE",
            "networkConfiguration": vpc,
        });
        let told = stage.ask(ECS, "RunTask", asked).await;
        told["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
    };
    let task = |arn: String| {
        let stage = &stage;
        async move {
            let asked = json!({ "cluster": "lab", "tasks": [arn] });
            stage.ask(ECS, "DescribeTasks", asked).await["tasks"][0].clone()
        }
    };
    let stopped = |arn: String| async move {
        until("the end of the task", || async {
            task(arn.clone()).await["lastStatus"] == "STOPPED"
        })
        .await;
        task(arn).await["stoppedReason"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let reason = stopped(run().await).await;
    assert!(reason.starts_with("CannotPullContainerError"), "{reason}");
    let token = stage.ask(ECR, "GetAuthorizationToken", json!({})).await;
    let token = token["authorizationData"][0]["authorizationToken"].as_str();
    let pushed = push(&stage, repository, token).await;
    assert_eq!(pushed.status(), StatusCode::CREATED);
    let reason = stopped(run().await).await;
    assert!(
        reason.starts_with("ResourceInitializationError"),
        "{reason}"
    );
    let value = json!({ "SecretId": "main", "SecretString": "{}" });
    stage.ask(SECRETS, "PutSecretValue", value).await;

    let arn = run().await;
    let Asked::Run(instance, container) = stage.plane.processes.next().await else {
        panic!("another thing was asked for");
    };
    assert_eq!(container.environment["CONFIG"], "{}");
    let processes = &stage.plane.processes;
    processes.tell(
        &instance,
        &instance,
        TaskStep::Said("last words".to_owned()),
    );
    processes.tell(&instance, &instance, TaskStep::Ended(Exit::Code(0)));
    let id = arn.rsplit('/').next().unwrap().to_owned();
    assert_eq!(stopped(arn).await, "Essential container in task exited");
    let asked = json!({ "logGroupName": "/lab", "logStreamName": format!("p/main/{id}") });
    let events = stage.ask(LOGS, "GetLogEvents", asked).await;
    assert_eq!(events["events"][0]["message"], "last words");

    let create = json!({
        "cluster": "lab", "serviceName": SERVICE, "taskDefinition": "main", "desiredCount": 1,
        "launchType": "FARGATE", "networkConfiguration": vpc,
    });
    let told = stage.ask(ECS, "CreateService", create).await;
    assert_eq!(told["service"]["desiredCount"], 1);
    let asked = stage.plane.processes.next().await;
    assert!(matches!(asked, Asked::Scale(_, _, 1)), "{asked:?}");
    backends.stop().await;
}
