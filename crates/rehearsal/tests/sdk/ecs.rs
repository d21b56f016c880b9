//! ECS: what is told of services and tasks is what happens to processes.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, ContainerOverride, DeploymentRolloutState, DesiredStatus, LaunchType,
    NetworkConfiguration, Service, Task, TaskOverride, TaskStopCode,
};
use rlab_rehearsal::{Container, Exit, TaskStep};
use serde_json::json;

use crate::paper::SECRET;
use crate::processes::{Asked, LIMIT, SERVICE};
use crate::{LOGS, Stage, until};

const CLUSTER: &str = "lab";

async fn client(stage: &Stage) -> Client {
    Client::new(&stage.sdk().await)
}

fn network() -> NetworkConfiguration {
    let vpc = AwsVpcConfiguration::builder().subnets("subnet-1");
    NetworkConfiguration::builder()
        .awsvpc_configuration(vpc.build().unwrap())
        .build()
}

async fn create(client: &Client, definition: &str, desired: i32) -> Service {
    let create = client.create_service().cluster(CLUSTER);
    let create = create.service_name(SERVICE).task_definition(definition);
    let create = create.launch_type(LaunchType::Fargate);
    let create = create.network_configuration(network());
    let told = create.desired_count(desired).send().await.unwrap();
    told.service.unwrap()
}

async fn scale(client: &Client, desired: i32) -> Result<Service, String> {
    let update = client.update_service().cluster(CLUSTER).service(SERVICE);
    match update.desired_count(desired).send().await {
        Ok(told) => Ok(told.service.unwrap()),
        Err(error) => Err(error.message().unwrap_or_default().to_owned()),
    }
}

async fn service(client: &Client) -> Service {
    let told = client.describe_services().cluster(CLUSTER);
    let told = told.services(SERVICE).send().await.unwrap();
    told.services()[0].clone()
}

async fn tasks(client: &Client, status: DesiredStatus) -> Vec<Task> {
    let list = client.list_tasks().cluster(CLUSTER).desired_status(status);
    let arns = list.send().await.unwrap().task_arns.unwrap();
    if arns.is_empty() {
        return Vec::new();
    }
    let told = client.describe_tasks().cluster(CLUSTER);
    let told = told.set_tasks(Some(arns)).send().await.unwrap();
    told.tasks.unwrap()
}

async fn task(client: &Client, arn: &str) -> Task {
    let told = client.describe_tasks().cluster(CLUSTER).tasks(arn);
    told.send().await.unwrap().tasks()[0].clone()
}

async fn run(client: &Client, definition: &str, command: &str) -> String {
    let container = ContainerOverride::builder().name("main").command(command);
    let overrides = TaskOverride::builder().container_overrides(container.build());
    let run = client.run_task().cluster(CLUSTER);
    let run = run.task_definition(definition).overrides(overrides.build());
    let told = run.network_configuration(network()).send().await.unwrap();
    told.tasks()[0].task_arn().unwrap().to_owned()
}

async fn stopped(client: &Client, arn: &str) -> Task {
    until("the end of the task", || async {
        task(client, arn).await.last_status() == Some("STOPPED")
    })
    .await;
    task(client, arn).await
}

/// The lines of a task, as its stream has them.
async fn lines(stage: &Stage, arn: &str) -> Vec<String> {
    let id = arn.rsplit('/').next().unwrap();
    let stream = format!("main/main/{id}");
    let asked = json!({ "logGroupName": "/lab", "logStreamName": stream });
    let told = stage.ask(LOGS, "GetLogEvents", asked).await;
    let events = told["events"].as_array().unwrap().iter();
    events
        .map(|event| event["message"].as_str().unwrap().to_owned())
        .collect()
}

fn says(service: &Service, part: &str) -> bool {
    let mut events = service.events().iter();
    events.any(|event| event.message().unwrap().contains(part))
}

/// What the plane was asked to run for the service.
async fn scaled(stage: &Stage) -> (Container, u32) {
    match stage.plane.processes.next().await {
        Asked::Scale(of, container, count) if of == SERVICE => (container, count),
        other => panic!("{other:?} was asked for"),
    }
}

/// A service with one task that runs as `p-1`.
async fn running(stage: &Stage, client: &Client) {
    create(client, "good", 1).await;
    scaled(stage).await;
    begin(stage, client, "p-1").await;
}

async fn begin(stage: &Stage, client: &Client, instance: &str) {
    let processes = &stage.plane.processes;
    processes.tell(SERVICE, instance, TaskStep::Started);
    processes.tell(SERVICE, instance, TaskStep::Ready);
    until("a steady service", || async {
        service(client).await.running_count() == 1
    })
    .await;
}

#[tokio::test]
async fn a_service_is_steady_only_when_its_process_serves() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let told = create(&client, "good", 0).await;
    assert_eq!((told.desired_count(), told.pending_count()), (0, 0));
    scale(&client, 1).await.unwrap();
    let (container, count) = scaled(&stage).await;
    assert_eq!(count, 1);
    assert_eq!(container.environment["RLAB_AGENT_CONFIG_JSON"], SECRET);
    assert_eq!(container.environment["AWS_ENDPOINT_URL"], stage.front.url());
    let processes = &stage.plane.processes;
    processes.tell(SERVICE, "p-1", TaskStep::Started);
    until("the process's start", || async {
        let tasks = tasks(&client, DesiredStatus::Running).await;
        tasks[0].last_status() == Some("ACTIVATING")
    })
    .await;
    let told = service(&client).await;
    assert_eq!((told.running_count(), told.pending_count()), (0, 1));
    assert!(says(&told, "has started 1 tasks") && !steady_again(&told));
    processes.tell(SERVICE, "p-1", TaskStep::Ready);
    until("a steady service", || async {
        steady_again(&service(&client).await)
    })
    .await;
    let told = service(&client).await;
    assert_eq!((told.running_count(), told.pending_count()), (1, 0));
}

/// Whether the newest event is that the service is steady.
fn steady_again(service: &Service) -> bool {
    let newest = service.events()[0].message().unwrap();
    newest.ends_with("has reached a steady state.")
        && service.running_count() == service.desired_count()
}

#[tokio::test]
async fn a_killed_task_is_told_with_its_exit_code_and_replaced() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    let first = tasks(&client, DesiredStatus::Running).await[0].clone();
    let processes = &stage.plane.processes;
    processes.tell(SERVICE, "p-1", TaskStep::Said("last words".to_owned()));
    processes.tell(SERVICE, "p-1", TaskStep::Ended(Exit::Signal(9)));
    let first = stopped(&client, first.task_arn().unwrap()).await;
    assert_eq!(first.containers()[0].exit_code(), Some(137));
    assert_eq!(
        first.stop_code(),
        Some(&TaskStopCode::EssentialContainerExited)
    );
    let arn = first.task_arn().unwrap();
    assert_eq!(lines(&stage, arn).await, ["last words"]);
    let told = service(&client).await;
    assert_eq!((told.running_count(), told.pending_count()), (0, 1));
    begin(&stage, &client, "p-2").await;
    let second = tasks(&client, DesiredStatus::Running).await;
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].task_arn(), first.task_arn());
    assert!(steady_again(&service(&client).await));
}

#[tokio::test]
async fn a_stopped_task_of_a_service_is_asked_to_end_and_replaced() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    let first = tasks(&client, DesiredStatus::Running).await[0].clone();
    let arn = first.task_arn().unwrap();
    let stop = client.stop_task().cluster(CLUSTER).task(arn);
    let told = stop.reason("a drill").send().await.unwrap();
    assert_eq!(told.task().unwrap().last_status(), Some("STOPPING"));
    let processes = &stage.plane.processes;
    assert_eq!(processes.next().await, Asked::Stop("p-1".to_owned()));
    processes.tell(SERVICE, "p-1", TaskStep::Ended(Exit::Code(0)));
    let first = stopped(&client, arn).await;
    assert_eq!(first.stop_code(), Some(&TaskStopCode::UserInitiated));
    assert_eq!(first.stopped_reason(), Some("a drill"));
    assert_eq!(first.containers()[0].exit_code(), Some(0));
    begin(&stage, &client, "p-2").await;
}

#[tokio::test]
async fn a_new_deployment_ends_the_old_task_and_completes_with_its_own() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    let update = client.update_service().cluster(CLUSTER).service(SERVICE);
    update.force_new_deployment(true).send().await.unwrap();
    assert_eq!(scaled(&stage).await.1, 1);
    let processes = &stage.plane.processes;
    assert_eq!(processes.next().await, Asked::Stop("p-1".to_owned()));
    let told = service(&client).await;
    let state = DeploymentRolloutState::InProgress;
    assert_eq!(told.deployments().len(), 2);
    assert_eq!(told.deployments()[0].rollout_state(), Some(&state));
    processes.tell(SERVICE, "p-1", TaskStep::Ended(Exit::Code(0)));
    processes.tell(SERVICE, "p-2", TaskStep::Started);
    processes.tell(SERVICE, "p-2", TaskStep::Ready);
    let state = DeploymentRolloutState::Completed;
    until("the deployment", || async {
        let told = service(&client).await;
        told.deployments()[0].rollout_state() == Some(&state) && told.deployments().len() == 1
    })
    .await;
    let old = tasks(&client, DesiredStatus::Stopped).await;
    let scheduler = TaskStopCode::ServiceSchedulerInitiated;
    assert_eq!(old[0].stop_code(), Some(&scheduler));
}

#[tokio::test]
async fn a_deleted_service_drains_until_its_process_is_gone() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    let delete = || client.delete_service().cluster(CLUSTER).service(SERVICE);
    assert!(delete().send().await.is_err());
    delete().force(true).send().await.unwrap();
    assert_eq!(scaled(&stage).await.1, 0);
    assert_eq!(service(&client).await.status(), Some("DRAINING"));
    let cluster = client.delete_cluster().cluster(CLUSTER).send().await;
    let refused = cluster.unwrap_err().into_service_error();
    assert!(refused.is_cluster_contains_services_exception());
    let ended = TaskStep::Ended(Exit::Code(0));
    stage.plane.processes.tell(SERVICE, "p-1", ended);
    until("the end of the service", || async {
        service(&client).await.status() == Some("INACTIVE")
    })
    .await;
}

#[tokio::test]
async fn more_tasks_than_there_can_be_are_refused() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    let refused = scale(&client, i32::try_from(LIMIT).unwrap() + 1).await;
    let expected = "the rehearsal runs at most 2 tasks of outbox-relay, not 3";
    assert_eq!(refused.unwrap_err(), expected);
    assert_eq!(service(&client).await.desired_count(), 1);
}

#[tokio::test]
async fn a_task_that_runs_once_is_followed_to_its_exit_code_and_last_line() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let arn = run(&client, "good", "drill").await;
    let processes = &stage.plane.processes;
    let Asked::Run(instance, container) = processes.next().await else {
        panic!("another thing was asked for");
    };
    assert_eq!(container.command, ["drill"]);
    assert_eq!(container.environment["PLAIN"], "1");
    until("the task's start", || async {
        task(&client, &arn).await.last_status() == Some("RUNNING")
    })
    .await;
    let said: Vec<String> = (0..25_000).map(|number| format!("line {number}")).collect();
    for line in &said {
        processes.tell(&instance, &instance, TaskStep::Said(line.clone()));
    }
    processes.tell(&instance, &instance, TaskStep::Ended(Exit::Code(3)));
    let told = stopped(&client, &arn).await;
    assert_eq!(told.containers()[0].exit_code(), Some(3));
    assert!(told.started_at() <= told.stopped_at());
    assert_eq!(lines(&stage, &arn).await, said);
}

#[tokio::test]
async fn a_task_that_cannot_start_says_why() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let expected = [
        ("no-image", "CannotPullContainerError: "),
        (
            "no-secret",
            "ResourceInitializationError: unable to pull secrets",
        ),
        (
            "no-group",
            "ResourceInitializationError: failed to validate logger args",
        ),
    ];
    for (definition, reason) in expected {
        let arn = run(&client, definition, "drill").await;
        let told = stopped(&client, &arn).await;
        assert_eq!(told.stop_code(), Some(&TaskStopCode::TaskFailedToStart));
        let said = told.stopped_reason().unwrap();
        assert!(said.starts_with(reason), "{said}");
        assert_eq!(told.containers()[0].exit_code(), None);
    }
    create(&client, "no-secret", 1).await;
    until("the service's word", || async {
        says(
            &service(&client).await,
            "was unable to place a task. Reason: ResourceInit",
        )
    })
    .await;
    let told = service(&client).await;
    assert_eq!(told.running_count(), 0);
    assert!(told.deployments()[0].failed_tasks() > 0);
}

#[tokio::test]
async fn a_repeated_request_runs_nothing_twice() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    let ask = || async {
        let run = client.run_task().cluster(CLUSTER).task_definition("good");
        let run = run.network_configuration(network()).client_token("once");
        let told = run.send().await.unwrap();
        told.tasks()[0].task_arn().unwrap().to_owned()
    };
    assert_eq!(ask().await, ask().await);
    assert_eq!(tasks(&client, DesiredStatus::Running).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_longer_known_of_a_service_is_not_made_up() {
    let stage = Stage::open().await;
    let client = client(&stage).await;
    running(&stage, &client).await;
    stage.plane.processes.fall_silent(SERVICE);
    until("the silence", || async {
        let told = client.describe_services().cluster(CLUSTER);
        told.services(SERVICE).send().await.is_err()
    })
    .await;
}
