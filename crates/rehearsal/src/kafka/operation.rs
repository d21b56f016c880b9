//! Cluster operations: what is being done to a cluster, and how it ended.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kafka::route::Action as A;
use crate::kafka::store::Store;
use crate::kafka::{Request, not_found};
use crate::protocol::refusal::Refusal;
use crate::protocol::time;

/// An operation on a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) arn: String,
    /// ARN of the cluster.
    pub(crate) cluster: String,
    /// For example `REBOOT_NODE`.
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) steps: Vec<Step>,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

/// A part of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
}

impl Operation {
    pub(crate) fn new(
        cluster: &str,
        kind: &'static str,
        state: &'static str,
        steps: &[&'static str],
    ) -> Self {
        let pending = |name: &&'static str| Step {
            name,
            status: "PENDING",
        };
        let prefix = cluster.replace(":cluster/", ":cluster-operation/");
        Self {
            arn: format!("{prefix}/{}", Uuid::new_v4()),
            cluster: cluster.to_owned(),
            kind,
            state,
            created: Timestamp::now(),
            ended: None,
            steps: steps.iter().map(pending).collect(),
            error: None,
        }
    }

    /// Puts the first `done` steps behind and begins the next one.
    pub(crate) fn reach(&mut self, done: usize) {
        for (place, step) in self.steps.iter_mut().enumerate() {
            step.status = match place.cmp(&done) {
                std::cmp::Ordering::Less => "COMPLETED",
                std::cmp::Ordering::Equal => "IN_PROGRESS",
                std::cmp::Ordering::Greater => "PENDING",
            };
        }
    }

    pub(crate) fn succeed(&mut self, state: &'static str) {
        self.reach(self.steps.len());
        self.state = state;
        self.ended.get_or_insert_with(Timestamp::now);
    }

    pub(crate) fn fail(&mut self, state: &'static str, why: String) {
        for step in &mut self.steps {
            if step.status == "IN_PROGRESS" {
                step.status = "FAILED";
            }
        }
        self.state = state;
        self.ended = Some(Timestamp::now());
        self.error = Some(why);
    }

    fn steps(&self) -> Vec<Value> {
        let told = |step: &Step| json!({ "stepName": step.name, "stepInfo": { "stepStatus": step.status } });
        self.steps.iter().map(told).collect()
    }

    fn error(&self) -> Option<Value> {
        let why = self.error.as_ref()?;
        Some(json!({ "errorCode": "INTERNAL_ERROR", "errorString": why }))
    }

    fn v1(&self) -> Value {
        json!({
            "clusterArn": self.cluster,
            "operationArn": self.arn,
            "operationType": self.kind,
            "operationState": self.state,
            "creationTime": time::iso(self.created),
            "endTime": self.ended.map(time::iso),
            "errorInfo": self.error(),
            "operationSteps": self.steps(),
            "sourceClusterInfo": {},
            "targetClusterInfo": {},
        })
    }

    fn v2(&self) -> Value {
        json!({
            "clusterArn": self.cluster,
            "clusterType": "PROVISIONED",
            "operationArn": self.arn,
            "operationType": self.kind,
            "operationState": self.state,
            "startTime": time::iso(self.created),
            "endTime": self.ended.map(time::iso),
            "errorInfo": self.error(),
            "provisioned": {
                "operationSteps": self.steps(),
                "sourceClusterInfo": {},
                "targetClusterInfo": {},
            },
        })
    }
}

/// ListClusterOperations and DescribeClusterOperation, both versions.
pub(crate) fn answer(store: &Store, request: &Request<'_>) -> Result<Value, Refusal> {
    let arn = &request.route.arn;
    let v2 = matches!(
        request.route.action,
        A::ListClusterOperationsV2 | A::DescribeClusterOperationV2
    );
    let told = |operation: &Operation| if v2 { operation.v2() } else { operation.v1() };
    match request.route.action {
        A::ListClusterOperations | A::ListClusterOperationsV2 => {
            store.cluster(arn)?;
            let of = store
                .operations
                .iter()
                .filter(|operation| operation.cluster == *arn);
            request.page("clusterOperationInfoList", of.rev().map(told).collect())
        }
        _ => {
            let found = store
                .operations
                .iter()
                .find(|operation| operation.arn == *arn);
            let operation = found.ok_or_else(not_found)?;
            Ok(json!({ "clusterOperationInfo": told(operation) }))
        }
    }
}
