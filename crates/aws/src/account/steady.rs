//! Services of tasks: how many run, and whether that is how many should.

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_ecs::types::{DeploymentRolloutState, DesiredStatus, Service, Task};
use jiff::Timestamp;
use serde::Serialize;

use super::connected::Account;
use super::error::AccountError;
use super::moment;
use super::patience::Patience;

/// Services and tasks that ECS describes in one call.
const SERVICES: usize = 10;
/// Events and stopped tasks that are told of a service.
const TOLD: usize = 5;

/// A service that is not steady.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsteady {
    /// Its name.
    pub service: String,
    /// Tasks that should run.
    pub desired: i32,
    /// Tasks that run.
    pub running: i32,
    /// Tasks that are about to.
    pub pending: i32,
    /// State of its newest deployment, if ECS tells it.
    pub rollout: Option<String>,
    /// What ECS said last, newest first.
    pub events: Vec<ServiceEvent>,
    /// Tasks that stopped last; only asked for when the wait is over.
    pub stopped: Vec<StoppedTask>,
}

/// Something ECS said of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceEvent {
    /// When.
    pub at: Option<Timestamp>,
    /// ECS's words.
    pub message: String,
}

/// A task that stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoppedTask {
    /// Its ARN.
    pub arn: String,
    /// Why, in ECS's words.
    pub reason: String,
    /// How its containers ended.
    pub containers: Vec<String>,
}

impl Account {
    /// Has `count` tasks of `service` run; with `force_new`, new ones in place of those that run.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn scale(
        &self,
        cluster: &str,
        service: &str,
        count: i32,
        force_new: bool,
    ) -> Result<(), AccountError> {
        let update = self.clients().ecs.update_service();
        let update = update.cluster(cluster).service(service);
        let update = update.desired_count(count).force_new_deployment(force_new);
        let updated = update.send().await;
        updated.map_err(self.failed("ECS", "UpdateService"))?;
        Ok(())
    }

    /// Waits until each of `services` runs as many tasks as it should, all of its newest deployment.
    /// `on` hears every few seconds of those that do not yet.
    ///
    /// # Errors
    /// [`AccountError::NotSteady`] when that takes longer than `limit` or ECS gives up, with what was
    /// waited for; [`AccountError::NotKnown`] for a service that does not exist.
    pub async fn steady(
        &self,
        cluster: &str,
        services: &[String],
        limit: Duration,
        on: &(dyn Fn(&[Unsteady]) + Sync),
    ) -> Result<(), AccountError> {
        let patience = Patience::new(limit, self.bounds().pace);
        let mut left = loop {
            let asked = self.unsteady(cluster, services).await;
            let over = match &asked {
                Ok(left) if left.is_empty() => return Ok(()),
                Ok(left) => {
                    on(left);
                    left.iter().any(Unsteady::has_failed)
                }
                Err(error) if error.passes() => false,
                Err(_) => true,
            };
            if over || !patience.lasts().await {
                break asked?;
            }
        };
        for service in &mut left {
            // The reasons are an extra: without them it is still known what was waited for.
            let stopped = self.stopped(cluster, &service.service).await;
            service.stopped = stopped.unwrap_or_default();
        }
        Err(AccountError::NotSteady {
            cluster: cluster.to_owned(),
            waited: patience.waited(),
            services: left,
        })
    }

    async fn unsteady(
        &self,
        cluster: &str,
        services: &[String],
    ) -> Result<Vec<Unsteady>, AccountError> {
        let mut left = Vec::new();
        for some in services.chunks(SERVICES) {
            let describe = self.clients().ecs.describe_services().cluster(cluster);
            let describe = describe.set_services(Some(some.to_vec())).send().await;
            let told = describe.map_err(self.failed("ECS", "DescribeServices"))?;
            if let Some(failure) = told.failures().first() {
                let what = failure.arn().unwrap_or("a service").to_owned();
                let cluster = cluster.to_owned();
                return Err(AccountError::NotKnown { cluster, what });
            }
            left.extend(told.services().iter().filter_map(Unsteady::of));
        }
        Ok(left)
    }

    async fn stopped(
        &self,
        cluster: &str,
        service: &str,
    ) -> Result<Vec<StoppedTask>, AccountError> {
        let ecs = &self.clients().ecs;
        let list = ecs.list_tasks().cluster(cluster).service_name(service);
        let list = list.desired_status(DesiredStatus::Stopped).send().await;
        let list = list.map_err(self.failed("ECS", "ListTasks"))?;
        let arns: Vec<String> = list.task_arns().to_vec();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let told = ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns));
        let told = told.send().await;
        let told = told.map_err(self.failed("ECS", "DescribeTasks"))?;
        let mut tasks: Vec<&Task> = told.tasks().iter().collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at().map(|at| at.secs())));
        Ok(tasks.into_iter().take(TOLD).map(StoppedTask::of).collect())
    }
}

impl Unsteady {
    /// `None` when it is steady.
    fn of(service: &Service) -> Option<Self> {
        let newest = service
            .deployments()
            .iter()
            .find(|deployment| deployment.status() == Some("PRIMARY"));
        let rollout = newest.and_then(|deployment| deployment.rollout_state());
        let done = rollout.is_none_or(|state| *state == DeploymentRolloutState::Completed);
        let steady = done
            && service.status() == Some("ACTIVE")
            && service.deployments().len() == 1
            && service.running_count() == service.desired_count();
        let events = service.events().iter().take(TOLD);
        (!steady).then(|| Self {
            service: service.service_name().unwrap_or_default().to_owned(),
            desired: service.desired_count(),
            running: service.running_count(),
            pending: service.pending_count(),
            rollout: rollout.map(|state| state.as_str().to_owned()),
            events: events
                .map(|event| ServiceEvent {
                    at: event.created_at().and_then(moment::read),
                    message: event.message().unwrap_or_default().to_owned(),
                })
                .collect(),
            stopped: Vec::new(),
        })
    }

    fn has_failed(&self) -> bool {
        self.rollout.as_deref() == Some(DeploymentRolloutState::Failed.as_str())
    }
}

impl StoppedTask {
    fn of(task: &Task) -> Self {
        let containers = task.containers().iter().filter_map(|container| {
            let name = container.name()?;
            match (container.exit_code(), container.reason()) {
                (Some(code), Some(reason)) => Some(format!("{name}: exit code {code}, {reason}")),
                (Some(code), None) => Some(format!("{name}: exit code {code}")),
                (None, reason) => Some(format!("{name}: {}", reason?)),
            }
        });
        Self {
            arn: task.task_arn().unwrap_or_default().to_owned(),
            reason: task.stopped_reason().unwrap_or("no reason told").to_owned(),
            containers: containers.collect(),
        }
    }
}

/// The words of [`AccountError::NotSteady`].
pub(super) fn told(cluster: &str, waited: Duration, services: &[Unsteady]) -> String {
    let mut text = format!("{cluster} is not steady after {} s", waited.as_secs());
    for service in services {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n  {}: {} of {} tasks run",
            service.service, service.running, service.desired
        );
        if let Some(event) = service.events.first() {
            let _ = write!(text, "; {}", event.message);
        }
        for task in &service.stopped {
            let _ = write!(text, "\n    stopped: {}", task.reason);
            for container in &task.containers {
                let _ = write!(text, "; {container}");
            }
        }
    }
    text
}
