//! Clusters, services, definitions and tasks of ECS.

use aws_sdk_ecs::types::TaskDefinitionStatus;

use super::State;
use crate::account::connected::Account;
use crate::account::error::AccountError;

impl Account {
    pub(super) async fn tasks(
        &self,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<Option<State>, AccountError> {
        let ecs = &self.clients().ecs;
        Ok(Some(match kind {
            "cluster" => {
                let told = ecs.describe_clusters().clusters(arn).send().await;
                let told = told.map_err(self.failed("ECS", "DescribeClusters"))?;
                unless(told.clusters().first().map(|one| one.status()), "INACTIVE")
            }
            // Services and tasks whose ARN does not tell their cluster are of an older form.
            "service" => {
                let Some((cluster, _)) = name.split_once('/') else {
                    return Ok(None);
                };
                let ask = ecs.describe_services().cluster(cluster).services(arn);
                let told = ask.send().await;
                let told = told.map_err(self.failed("ECS", "DescribeServices"))?;
                unless(told.services().first().map(|one| one.status()), "INACTIVE")
            }
            "task" => {
                let Some((cluster, _)) = name.split_once('/') else {
                    return Ok(None);
                };
                let told = ecs
                    .describe_tasks()
                    .cluster(cluster)
                    .tasks(arn)
                    .send()
                    .await;
                let told = told.map_err(self.failed("ECS", "DescribeTasks"))?;
                unless(told.tasks().first().map(|one| one.last_status()), "STOPPED")
            }
            "task-definition" => self.task_definition(arn).await?,
            _ => return Ok(None),
        }))
    }

    async fn task_definition(&self, arn: &str) -> Result<State, AccountError> {
        let ask = self.clients().ecs.describe_task_definition();
        let told = ask.task_definition(arn).send().await;
        let told = match told.map_err(self.failed("ECS", "DescribeTaskDefinition")) {
            // This call has no other way to say that there is none.
            Err(error) if error.is(&["ClientException"]) => return Ok(State::Gone),
            told => told?,
        };
        let status = told.task_definition().and_then(|one| one.status());
        Ok(match status {
            Some(TaskDefinitionStatus::Inactive | TaskDefinitionStatus::DeleteInProgress) => {
                State::Scheduled {
                    what: "deregistered; AWS keeps it without charge".to_owned(),
                    until: None,
                }
            }
            status => State::there(status.map(TaskDefinitionStatus::as_str)),
        })
    }
}

/// ECS goes on telling of what is gone, with a status of its own.
fn unless(told: Option<Option<&str>>, gone: &str) -> State {
    match told {
        None => State::Gone,
        Some(Some(status)) if status == gone => State::Gone,
        Some(status) => State::there(status),
    }
}
