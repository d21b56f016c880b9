//! One task, and how its life is told.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::definition::Definition;
use super::plane::Exit;
use crate::protocol::time;

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// Its image and secrets are looked up.
    Provisioning,
    /// The plane was asked for it.
    Pending,
    /// A service's process runs and does not serve yet.
    Activating,
    /// It serves, or runs once.
    Running,
    /// It was asked to end.
    Stopping,
    /// Its process is gone; its last lines are being stored.
    Deprovisioning,
    /// It is over.
    Stopped,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }

    /// A container knows fewer states than its task.
    fn of_container(self) -> &'static str {
        match self {
            Self::Provisioning | Self::Pending => "PENDING",
            Self::Activating | Self::Running | Self::Stopping => "RUNNING",
            Self::Deprovisioning | Self::Stopped => "STOPPED",
        }
    }
}

/// Why a task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
}

/// What a task belongs to and was asked for with.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) cluster: String,
    /// ARN of the service that wants it.
    pub(super) service: Option<String>,
    /// `service:name` or `family:name`.
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    pub(super) overrides: Value,
    pub(super) tags: Value,
    /// By which a repeated RunTask is known.
    pub(super) client_token: Option<String>,
}

/// A task.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) arn: String,
    pub(super) origin: Origin,
    pub(super) definition: Arc<Definition>,
    /// The process, by the plane's name for it.
    pub(super) instance: Option<String>,
    pub(super) status: Status,
    pub(super) created: Timestamp,
    started: Option<Timestamp>,
    /// When it was first wanted to end.
    stopping: Option<Timestamp>,
    exited: Option<Timestamp>,
    stopped: Option<Timestamp>,
    pub(super) stop: Option<(StopCode, String)>,
    exit: Option<Exit>,
    /// What went wrong with the container besides its end.
    complaint: Option<String>,
    container: Uuid,
    version: u64,
}

impl Task {
    /// A task in `cluster`, an ARN. Its own ARN names the cluster too.
    pub(super) fn new(origin: Origin, definition: Arc<Definition>, at: Timestamp) -> Self {
        let id = Uuid::new_v4().simple();
        let arn = format!("{}/{id}", origin.cluster.replacen(":cluster/", ":task/", 1));
        Self {
            arn,
            origin,
            definition,
            instance: None,
            status: Status::Provisioning,
            created: at,
            started: None,
            stopping: None,
            exited: None,
            stopped: None,
            stop: None,
            exit: None,
            complaint: None,
            container: Uuid::new_v4(),
            version: 1,
        }
    }

    /// The last part of its ARN.
    pub(super) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is meant to run.
    pub(super) fn is_wanted(&self) -> bool {
        self.stop.is_none() && self.status < Status::Deprovisioning
    }

    fn enter(&mut self, status: Status) {
        if self.status < status {
            self.status = status;
            self.version += 1;
        }
    }

    /// Everything it needs was found; the plane is asked for it.
    pub(super) fn prepared(&mut self) {
        self.enter(Status::Pending);
    }

    /// Its process runs.
    pub(super) fn began(&mut self, instance: &str, at: Timestamp) {
        self.instance = Some(instance.to_owned());
        self.started = Some(at);
        self.enter(match self.origin.service {
            Some(_) => Status::Activating,
            None => Status::Running,
        });
    }

    /// It serves.
    pub(super) fn serves(&mut self) {
        self.enter(Status::Running);
    }

    /// It is to end. The first reason is the one that is told.
    pub(super) fn end(&mut self, code: StopCode, reason: impl Into<String>, at: Timestamp) {
        if self.stop.is_none() {
            self.stop = Some((code, reason.into()));
            self.stopping = Some(at);
            match self.instance {
                Some(_) => self.enter(Status::Stopping),
                None => self.version += 1,
            }
        }
    }

    /// Its process is gone.
    pub(super) fn exited(&mut self, exit: Exit, at: Timestamp) {
        let reason = "Essential container in task exited";
        self.end(StopCode::EssentialContainerExited, reason, at);
        self.exit = Some(exit);
        self.exited = Some(at);
        self.enter(Status::Deprovisioning);
    }

    /// It is over: there is neither a process nor a line to be stored.
    pub(super) fn over(&mut self, complaint: Option<String>, at: Timestamp) {
        self.complaint = complaint;
        self.stopped = Some(at);
        self.enter(Status::Stopped);
    }

    /// It never ran.
    pub(super) fn failed(&mut self, reason: impl Into<String>, at: Timestamp) {
        self.end(StopCode::TaskFailedToStart, reason, at);
        self.over(None, at);
    }

    /// The task as ECS tells it.
    pub(super) fn told(&self, with_tags: bool) -> Value {
        let seconds = |at: Option<Timestamp>| at.map(time::epoch);
        let definition = &self.definition;
        let mut container = json!({
            "containerArn": self.container_arn(),
            "taskArn": self.arn,
            "name": definition.name,
            "image": definition.image,
            "lastStatus": self.status.of_container(),
            "networkBindings": [],
            "networkInterfaces": [],
            "healthStatus": "UNKNOWN",
            "cpu": "0",
        });
        if let Some((_, digest)) = definition.image.split_once('@') {
            container["imageDigest"] = json!(digest);
        }
        if let Some(exit) = self.exit {
            container["exitCode"] = json!(exit.code());
        }
        if let Some(complaint) = &self.complaint {
            container["reason"] = json!(complaint);
        }
        if let Some(instance) = &self.instance {
            container["runtimeId"] = json!(instance);
        }
        let wanted = match self.stop {
            None => "RUNNING",
            Some(_) => "STOPPED",
        };
        let mut told = json!({
            "taskArn": self.arn,
            "clusterArn": self.origin.cluster,
            "taskDefinitionArn": definition.arn,
            "group": self.origin.group,
            "lastStatus": self.status.name(),
            "desiredStatus": wanted,
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "platformFamily": "Linux",
            "cpu": definition.cpu,
            "memory": definition.memory,
            "attachments": [],
            "attributes": [],
            "containers": [container],
            "overrides": self.origin.overrides,
            "healthStatus": "UNKNOWN",
            "connectivity": "CONNECTED",
            "enableExecuteCommand": false,
            "version": self.version,
            "tags": [],
            "startedBy": self.origin.started_by,
            "createdAt": time::epoch(self.created),
            "startedAt": seconds(self.started),
            "stoppingAt": seconds(self.stopping),
            "executionStoppedAt": seconds(self.exited),
            "stoppedAt": seconds(self.stopped),
        });
        if let Some((code, reason)) = &self.stop {
            told["stopCode"] = json!(format!("{code:?}"));
            told["stoppedReason"] = json!(reason);
        }
        if with_tags && self.origin.tags.is_array() {
            told["tags"] = self.origin.tags.clone();
        }
        told
    }

    fn container_arn(&self) -> String {
        let place = self.arn.replacen(":task/", ":container/", 1);
        format!("{place}/{}", self.container)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::ecs) fn task(service: Option<&str>) -> Task {
        let told = json!({
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/f:1", "family": "f",
            "containerDefinitions": [{ "name": "c", "image": "i@sha256:0" }],
        });
        let definition = Definition::read(&told, "r").unwrap();
        let origin = Origin {
            cluster: "arn:aws:ecs:r:1:cluster/lab".to_owned(),
            service: service.map(str::to_owned),
            ..Origin::default()
        };
        Task::new(origin, Arc::new(definition), Timestamp::UNIX_EPOCH)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_task_is_told_as_stopped_only_when_its_last_line_is_stored() {
        let mut task = task(None);
        task.prepared();
        task.began("p-1", at(1));
        task.exited(Exit::Code(3), at(2));
        let told = task.told(false);
        assert_eq!(
            (&told["lastStatus"], &told["stoppedAt"]),
            (&json!("DEPROVISIONING"), &Value::Null)
        );
        task.over(None, at(5));
        let told = task.told(false);
        assert_eq!(
            (&told["lastStatus"], &told["stoppedAt"]),
            (&json!("STOPPED"), &json!(5.0))
        );
        assert_eq!(told["containers"][0]["exitCode"], 3);
        assert_eq!(told["stopCode"], "EssentialContainerExited");
    }

    #[test]
    fn the_first_reason_to_end_is_the_one_that_is_told() {
        let mut task = task(Some("s"));
        task.began("p-1", at(1));
        task.end(StopCode::UserInitiated, "a drill", at(2));
        assert_eq!(task.told(false)["lastStatus"], "STOPPING");
        task.exited(Exit::Signal(9), at(3));
        task.over(None, at(3));
        let told = task.told(false);
        assert_eq!(
            (&told["stopCode"], &told["stoppedReason"]),
            (&json!("UserInitiated"), &json!("a drill"))
        );
        assert_eq!(told["containers"][0]["exitCode"], 137);
    }

    proptest! {
        #[test]
        fn a_task_never_goes_back_in_its_life(steps in prop::collection::vec(0_u8..6, 0..12)) {
            let mut task = task(Some("s"));
            let mut seen = vec![(task.status, task.version)];
            for step in steps {
                match step {
                    0 => task.prepared(),
                    1 => task.began("p", at(1)),
                    2 => task.serves(),
                    3 => task.end(StopCode::UserInitiated, "r", at(2)),
                    4 => task.exited(Exit::Code(0), at(3)),
                    _ => task.over(None, at(4)),
                }
                seen.push((task.status, task.version));
            }
            prop_assert!(seen.is_sorted());
        }
    }
}
