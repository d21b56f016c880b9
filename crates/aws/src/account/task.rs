//! One task: started, watched and stopped.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, ContainerOverride, KeyValuePair, LaunchType,
    NetworkConfiguration, PropagateTags, Task, TaskOverride,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::connected::Account;
use super::error::AccountError;
use super::moment;

/// A task that is to run once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRequest {
    /// Cluster.
    pub cluster: String,
    /// Task definition, with its revision.
    pub definition: String,
    /// Subnets, any of which will do.
    pub subnets: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// The container whose command it is.
    pub container: String,
    /// What it runs; empty for what its image says.
    pub command: Vec<String>,
    /// Variables besides those of its definition. Anybody who may describe tasks can read them.
    pub environment: BTreeMap<String, String>,
}

/// ARN of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskArn(pub String);

/// How a task fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskState {
    /// ECS's word, such as `PENDING` or `RUNNING`.
    pub last_status: String,
    /// Exit code of its container.
    pub exit_code: Option<i32>,
    /// Why it stopped, or its container ended.
    pub reason: Option<String>,
    /// When its containers were started.
    pub started_at: Option<Timestamp>,
    /// When it had stopped.
    pub stopped_at: Option<Timestamp>,
}

impl TaskState {
    /// Whether it is over.
    pub fn stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }
}

impl fmt::Display for TaskArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Account {
    /// Starts a task on Fargate, with the tags of its definition and no public address.
    ///
    /// # Errors
    /// [`AccountError::NotStarted`] with ECS's reason, such as missing capacity; when AWS refuses.
    pub async fn run_task(&self, request: &TaskRequest) -> Result<TaskArn, AccountError> {
        let run = self.clients().ecs.run_task().cluster(&request.cluster);
        // Attempts of one call carry the same token, so that no attempt starts a second task.
        let run = run
            .task_definition(&request.definition)
            .launch_type(LaunchType::Fargate)
            .propagate_tags(PropagateTags::TaskDefinition)
            .network_configuration(network(request))
            .overrides(overrides(request));
        let answer = run.send().await.map_err(self.failed("ECS", "RunTask"))?;
        let started = answer.tasks().first().and_then(Task::task_arn);
        started.map(|arn| TaskArn(arn.to_owned())).ok_or_else(|| {
            let failure = answer.failures().first();
            let why = failure.and_then(|f| f.reason().or(f.detail()));
            AccountError::NotStarted {
                definition: request.definition.clone(),
                why: why.unwrap_or("ECS tells no reason").to_owned(),
            }
        })
    }

    /// Has a task stopped; `reason` is what ECS then tells of it.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn stop_task(
        &self,
        cluster: &str,
        task: &TaskArn,
        reason: &str,
    ) -> Result<(), AccountError> {
        let stop = self.clients().ecs.stop_task().cluster(cluster);
        let stop = stop.task(&task.0).reason(reason).send().await;
        stop.map_err(self.failed("ECS", "StopTask"))?;
        Ok(())
    }

    /// How a task and its `container` fare.
    ///
    /// # Errors
    /// [`AccountError::NotKnown`] when ECS has forgotten it, which it does about an hour after its end.
    pub async fn task_state(
        &self,
        cluster: &str,
        task: &TaskArn,
        container: &str,
    ) -> Result<TaskState, AccountError> {
        let describe = self.clients().ecs.describe_tasks().cluster(cluster);
        let answer = describe.tasks(&task.0).send().await;
        let answer = answer.map_err(self.failed("ECS", "DescribeTasks"))?;
        let found = answer.tasks().first();
        let found = found.ok_or_else(|| AccountError::NotKnown {
            cluster: cluster.to_owned(),
            what: task.0.clone(),
        })?;
        Ok(TaskState::of(found, container))
    }
}

impl TaskState {
    fn of(task: &Task, container: &str) -> Self {
        let mut containers = task.containers().iter();
        let ours = containers.find(|one| one.name() == Some(container));
        let reason = ours
            .and_then(|one| one.reason())
            .or_else(|| task.stopped_reason());
        Self {
            last_status: task.last_status().unwrap_or("UNKNOWN").to_owned(),
            exit_code: ours.and_then(|one| one.exit_code()),
            reason: reason.map(str::to_owned),
            started_at: task.started_at().and_then(moment::read),
            stopped_at: task.stopped_at().and_then(moment::read),
        }
    }
}

fn network(request: &TaskRequest) -> NetworkConfiguration {
    // Subnets are the only thing that the builder demands, and they are given.
    let vpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(request.subnets.clone()))
        .set_security_groups(Some(request.security_groups.clone()))
        .assign_public_ip(AssignPublicIp::Disabled)
        .build();
    NetworkConfiguration::builder()
        .set_awsvpc_configuration(vpc.ok())
        .build()
}

fn overrides(request: &TaskRequest) -> TaskOverride {
    let variables = request
        .environment
        .iter()
        .map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
    let command = Some(request.command.clone()).filter(|command| !command.is_empty());
    let container = ContainerOverride::builder()
        .name(&request.container)
        .set_command(command)
        .set_environment(Some(variables.collect()))
        .build();
    TaskOverride::builder()
        .container_overrides(container)
        .build()
}
