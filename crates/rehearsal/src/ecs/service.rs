//! A service as it is wanted, its deployments and what it has told.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::definition::Definition;
use super::emulator::Place;
use crate::protocol::time;

/// Most events of a service that are told. Source: the ECS API reference, read in 2026-11.
const MAX_EVENTS: usize = 100;

/// Where a service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Active,
    /// Deleted, with tasks that have not ended yet.
    Draining,
    /// Deleted.
    Inactive,
}

/// A service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) cluster: String,
    pub(super) place: Place,
    pub(super) phase: Phase,
    pub(super) desired: u32,
    /// Newest first; the first is the primary.
    pub(super) deployments: Vec<Deployment>,
    /// Newest first.
    events: VecDeque<(Uuid, Timestamp, String)>,
    /// Whether the tasks that are wanted run, and no others.
    pub(super) steady: bool,
    /// What the plane was last asked for and took in hand: the deployment's id and a count.
    pub(super) asked: Option<(String, u32)>,
    /// Why nothing is known of its processes.
    pub(super) silent: Option<String>,
    /// Wakes its scheduler.
    pub(super) changed: Arc<Notify>,
    /// Ends its scheduler.
    pub(super) gone: CancellationToken,
}

/// A generation of a service's tasks.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) definition: Arc<Definition>,
    pub(super) failed: u32,
    created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) completed: bool,
}

/// Tasks by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) running: u32,
    pub(super) pending: u32,
}

impl Deployment {
    fn new(definition: Arc<Definition>, at: Timestamp) -> Self {
        let id = Uuid::new_v4().as_u128() % 10_u128.pow(19);
        Self {
            id: format!("ecs-svc/{id:019}"),
            definition,
            failed: 0,
            created: at,
            updated: at,
            completed: false,
        }
    }
}

impl Service {
    pub(super) fn new(
        (arn, name, cluster): (&str, &str, &str),
        place: Place,
        definition: Arc<Definition>,
        desired: u32,
        at: Timestamp,
    ) -> Self {
        Self {
            arn: arn.to_owned(),
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            place,
            phase: Phase::Active,
            desired,
            deployments: vec![Deployment::new(definition, at)],
            events: VecDeque::new(),
            steady: false,
            asked: None,
            silent: None,
            changed: Arc::default(),
            gone: CancellationToken::new(),
        }
    }

    pub(super) fn primary(&self) -> &Deployment {
        &self.deployments[0]
    }

    /// Begins a new deployment.
    pub(super) fn deploy(&mut self, definition: Arc<Definition>, at: Timestamp) {
        self.deployments.insert(0, Deployment::new(definition, at));
    }

    /// Wants another number of tasks.
    pub(super) fn scale(&mut self, desired: u32, at: Timestamp) {
        if self.desired != desired {
            self.desired = desired;
            self.deployments[0].updated = at;
        }
    }

    /// Adds an event; `what` goes on after the service's name.
    pub(super) fn tell(&mut self, what: &str, at: Timestamp) {
        let message = format!("(service {}) {what}", self.name);
        self.events.push_front((Uuid::new_v4(), at, message));
        self.events.truncate(MAX_EVENTS);
    }

    /// What runs is what is wanted: the older deployments are history.
    pub(super) fn settled(&mut self, at: Timestamp) {
        self.deployments.truncate(1);
        let primary = &mut self.deployments[0];
        if !primary.completed {
            primary.completed = true;
            primary.updated = at;
            let completed = format!("(deployment {}) deployment completed.", primary.id);
            self.tell(&completed, at);
        }
        if !self.steady {
            self.steady = true;
            self.tell("has reached a steady state.", at);
        }
    }

    /// Lays what is true over what the emulator tells of the service. `count` is of a deployment's tasks.
    pub(super) fn overlay(&self, told: &mut Value, count: impl Fn(&str) -> Counts) {
        let counts: Vec<_> = self.deployments.iter().map(|of| count(&of.id)).collect();
        let total = |of: fn(&Counts) -> u32| counts.iter().map(of).sum::<u32>();
        told["status"] = json!(match self.phase {
            Phase::Active => "ACTIVE",
            Phase::Draining => "DRAINING",
            Phase::Inactive => "INACTIVE",
        });
        told["desiredCount"] = json!(self.desired);
        told["runningCount"] = json!(total(|counts| counts.running));
        told["pendingCount"] = json!(total(|counts| counts.pending));
        let network = told["networkConfiguration"].clone();
        let deployments = self.deployments.iter().zip(&counts).enumerate();
        told["deployments"] = deployments
            .map(|(place, (deployment, counts))| {
                let (status, desired) = match place {
                    0 => ("PRIMARY", self.desired),
                    _ => ("ACTIVE", 0),
                };
                let (state, reason) = match deployment.completed {
                    true => ("COMPLETED", "completed"),
                    false => ("IN_PROGRESS", "in progress"),
                };
                json!({
                    "id": deployment.id,
                    "status": status,
                    "taskDefinition": deployment.definition.arn,
                    "desiredCount": desired,
                    "runningCount": counts.running,
                    "pendingCount": counts.pending,
                    "failedTasks": deployment.failed,
                    "launchType": "FARGATE",
                    "platformVersion": "1.4.0",
                    "platformFamily": "Linux",
                    "networkConfiguration": network,
                    "rolloutState": state,
                    "rolloutStateReason": format!("ECS deployment {} {reason}.", deployment.id),
                    "createdAt": time::epoch(deployment.created),
                    "updatedAt": time::epoch(deployment.updated),
                })
            })
            .collect();
        let events = self.events.iter().map(|(id, at, message)| {
            json!({ "id": id, "createdAt": time::epoch(*at), "message": message })
        });
        told["events"] = events.collect();
    }
}
