//! A task definition, as far as it says what to run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::emulator::{ECS, Place, ask};
use super::plane::Container;
use crate::protocol::refusal::Refusal;
use crate::rehearsal::Rehearsal;

/// How long a container may take to end when its definition does not say. Source: the ECS developer
/// guide, read in 2026-11.
const STOP_TIMEOUT_S: u64 = 30;

/// A task definition with its one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) arn: String,
    pub(super) family: String,
    pub(super) cpu: String,
    pub(super) memory: String,
    /// The container's name.
    pub(super) name: String,
    pub(super) image: String,
    command: Vec<String>,
    environment: BTreeMap<String, String>,
    /// Variable and ARN.
    pub(super) secrets: Vec<(String, String)>,
    stop_timeout: Duration,
    pub(super) logs: Option<Destination>,
}

/// Where the output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) group: String,
    pub(super) region: String,
    prefix: Option<String>,
}

impl Destination {
    /// The name of a task's stream.
    pub(super) fn stream(&self, container: &str, task: &str) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}/{container}/{task}"),
            None => task.to_owned(),
        }
    }
}

impl Definition {
    /// Asks the emulator for a definition, by family, `family:revision` or ARN.
    pub(super) async fn fetch(
        rehearsal: &Rehearsal,
        place: &Place,
        name: &str,
    ) -> Result<Self, Refusal> {
        let question = json!({ "taskDefinition": name });
        let told = ask(rehearsal, place, ECS, "DescribeTaskDefinition", &question).await?;
        Self::read(&told["taskDefinition"], &place.region)
    }

    pub(super) fn read(told: &Value, region: &str) -> Result<Self, Refusal> {
        let [container] = told["containerDefinitions"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
        else {
            let family = text(told, "family");
            let message = format!("the rehearsal runs tasks of one container, unlike {family}");
            return Err(Refusal::internal(message));
        };
        let pairs = |list: &str, value: &str| -> Vec<(String, String)> {
            let list = container[list].as_array();
            let pair = |entry: &Value| (text(entry, "name"), text(entry, value));
            list.into_iter().flatten().map(pair).collect()
        };
        let seconds = container["stopTimeout"].as_u64().unwrap_or(STOP_TIMEOUT_S);
        Ok(Self {
            arn: text(told, "taskDefinitionArn"),
            family: text(told, "family"),
            cpu: text(told, "cpu"),
            memory: text(told, "memory"),
            name: text(container, "name"),
            image: text(container, "image"),
            command: texts(&container["command"]),
            environment: pairs("environment", "value").into_iter().collect(),
            secrets: pairs("secrets", "valueFrom"),
            stop_timeout: Duration::from_secs(seconds),
            logs: destination(&container["logConfiguration"], region),
        })
    }

    /// The container before its secrets are known, with the overrides of one task.
    ///
    /// # Errors
    /// When an override names another container.
    pub(super) fn container(&self, overrides: &Value) -> Result<Container, Refusal> {
        let mut container = Container {
            family: self.family.clone(),
            name: self.name.clone(),
            image: self.image.clone(),
            command: self.command.clone(),
            environment: self.environment.clone(),
            stop_timeout: self.stop_timeout,
        };
        for change in overrides["containerOverrides"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = text(change, "name");
            if name != self.name {
                let message = format!(
                    "Override for container named {name} is not a container in the TaskDefinition."
                );
                return Err(Refusal::sender("InvalidParameterException", message));
            }
            if change["command"].is_array() {
                container.command = texts(&change["command"]);
            }
            for entry in change["environment"].as_array().into_iter().flatten() {
                container
                    .environment
                    .insert(text(entry, "name"), text(entry, "value"));
            }
        }
        Ok(container)
    }
}

fn destination(told: &Value, region: &str) -> Option<Destination> {
    if told["logDriver"] != "awslogs" {
        return None;
    }
    let option = |name: &str| told["options"][name].as_str().map(str::to_owned);
    Some(Destination {
        group: option("awslogs-group")?,
        region: option("awslogs-region").unwrap_or_else(|| region.to_owned()),
        prefix: option("awslogs-stream-prefix"),
    })
}

fn text(told: &Value, name: &str) -> String {
    told[name].as_str().unwrap_or_default().to_owned()
}

fn texts(told: &Value) -> Vec<String> {
    let list = told.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner() -> Definition {
        let told = json!({
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/lab-runner:3",
            "family": "lab-runner",
            "containerDefinitions": [{
                "name": "runner", "image": "i@sha256:1", "command": ["idle"], "stopTimeout": 60,
                "environment": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
                "secrets": [{ "name": "CONFIG", "valueFrom": "arn:secret" }],
                "logConfiguration": { "logDriver": "awslogs", "options": {
                    "awslogs-group": "/rlab/lab/runner", "awslogs-region": "r",
                    "awslogs-stream-prefix": "runner",
                }},
            }],
        });
        Definition::read(&told, "r").unwrap()
    }

    #[test]
    fn what_is_overridden_wins_over_the_definition() {
        let overrides = json!({ "containerOverrides": [{
            "name": "runner",
            "command": ["drill", "E-002"],
            "environment": [{ "name": "B", "value": "3" }],
        }]});
        let container = runner().container(&overrides).unwrap();
        assert_eq!(container.command, ["drill", "E-002"]);
        let values: Vec<_> = container.environment.values().map(String::as_str).collect();
        assert_eq!(values, ["1", "3"]);
        assert_eq!(container.stop_timeout, Duration::from_secs(60));
    }

    #[test]
    fn an_override_of_another_container_is_refused() {
        let overrides = json!({ "containerOverrides": [{ "name": "sidecar" }] });
        let refused = runner().container(&overrides).unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException");
    }

    #[test]
    fn a_stream_is_named_as_ecs_names_it() {
        let logs = runner().logs.unwrap();
        assert_eq!(logs.stream("runner", "4f2a"), "runner/runner/4f2a");
    }
}
