//! ECS: services and tasks whose truth is what runs.
//!
//! An emulator keeps clusters, task definitions and what is on paper of services. It is never asked to run
//! anything: processes are a [`TaskPlane`]'s, and states, counts and events follow from what it tells.
//! Instances in Cloud Map, which ECS would register, are not made.

mod books;
mod clusters;
mod definition;
mod emulator;
mod follow;
mod logs;
mod plane;
mod prepare;
mod scheduler;
mod service;
mod services;
mod task;
mod tasks;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::rehearsal::{Call, Rehearsal};

pub(crate) use books::Books;
pub use plane::{Container, Exit, Running, TaskHappened, TaskPlane, TaskStep, TaskSteps};

use emulator::{ECS, Place, ask};

/// Actions that would have the emulator run, or pretend to run, something.
const REFUSED: [&str; 4] = [
    "CreateTaskSet",
    "ExecuteCommand",
    "StartTask",
    "UpdateTaskSet",
];

/// A call of ECS with its parameters read.
struct Request<'a> {
    call: &'a Call,
    place: Place,
    body: Value,
}

impl Request<'_> {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// A number of tasks.
    fn count(&self, name: &str) -> Result<Option<u32>, Refusal> {
        let told = &self.body[name];
        if told.is_null() {
            return Ok(None);
        }
        let count = told.as_u64().and_then(|count| u32::try_from(count).ok());
        count.map(Some).ok_or_else(|| {
            let message = format!("{name} cannot be {told}.");
            Refusal::sender("InvalidParameterException", message)
        })
    }

    async fn ask(
        &self,
        rehearsal: &Rehearsal,
        action: &str,
        body: &Value,
    ) -> Result<Value, Refusal> {
        ask(rehearsal, &self.place, ECS, action, body).await
    }

    fn cluster_arn(&self) -> String {
        match self.text("cluster") {
            "" => self.place.arn("cluster/default"),
            arn if arn.starts_with("arn:") => arn.to_owned(),
            name => self.place.arn(&format!("cluster/{name}")),
        }
    }

    /// The ARN of what belongs to the cluster and is named by its name or its own ARN.
    fn arn_in_cluster(&self, kind: &str, name: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let cluster = self.cluster_arn();
        let (_, cluster) = cluster.split_once(":cluster/").unwrap_or_default();
        self.place.arn(&format!("{kind}/{cluster}/{name}"))
    }

    fn service_arn(&self) -> String {
        self.arn_of_service(self.text("service"))
    }

    fn arn_of_service(&self, name: &str) -> String {
        self.arn_in_cluster("service", name)
    }

    fn task_arn(&self, name: &str) -> String {
        self.arn_in_cluster("task", name)
    }

    /// The cluster's ARN, if it is there to run tasks.
    async fn active_cluster(&self, rehearsal: &Rehearsal) -> Result<String, Refusal> {
        let question = json!({ "clusters": [self.cluster_arn()] });
        let told = self.ask(rehearsal, "DescribeClusters", &question).await?;
        let cluster = &told["clusters"][0];
        match (cluster["status"].as_str(), cluster["clusterArn"].as_str()) {
            (Some("ACTIVE"), Some(arn)) => Ok(arn.to_owned()),
            _ => {
                let message = "Cluster not found.";
                Err(Refusal::sender("ClusterNotFoundException", message))
            }
        }
    }
}

/// Asks a process to end. That one has ended meanwhile is told as a step.
async fn end_process(rehearsal: &Rehearsal, instance: &str) {
    let asked = rehearsal.processes.stop(instance);
    if let Err(error) = rehearsal.in_time(instance, asked).await {
        tracing::warn!(%error, "a task was not asked to end");
    }
}

/// Answers a call of ECS.
pub(crate) async fn answer(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let body = match call.body.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(&call.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Refusal::sender("SerializationException", "Invalid JSON."))?,
    };
    let request = Request {
        call,
        place: Place::of(rehearsal, call),
        body,
    };
    let told = match call.action.as_str() {
        "CreateService" => services::create(rehearsal, &request).await?,
        "UpdateService" => services::update(rehearsal, &request).await?,
        "DeleteService" => services::delete(rehearsal, &request).await?,
        "DescribeServices" => services::describe(rehearsal, &request).await?,
        "RunTask" => tasks::run(rehearsal, &request).await?,
        "StopTask" => tasks::stop(rehearsal, &request).await?,
        "DescribeTasks" => tasks::describe(rehearsal, &request)?,
        "ListTasks" => tasks::list(rehearsal, &request)?,
        "DescribeClusters" => clusters::describe(rehearsal, &request).await?,
        "DeleteCluster" => clusters::delete(rehearsal, &request).await?,
        action if REFUSED.contains(&action) => {
            let message = format!("the rehearsal does not know {action}");
            let status = StatusCode::NOT_IMPLEMENTED;
            return Err(Refusal::new(status, "NotImplemented", message));
        }
        _ => return Ok(rehearsal.backend.fetch(call).await?.into_response()),
    };
    Ok(wire::json_answer(&wire::without_nulls(told)))
}
