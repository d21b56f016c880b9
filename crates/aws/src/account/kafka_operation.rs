//! Operations on an MSK cluster: waiting for the end of one.

use std::time::Duration;

use aws_sdk_kafka::types::ClusterOperationV2;
use jiff::Timestamp;
use serde::Serialize;

use super::connected::Account;
use super::error::AccountError;
use super::event::{Event, Waited};
use super::moment;
use super::patience::Patience;

/// An operation that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KafkaOperation {
    /// For example `REBOOT_NODE`.
    pub kind: String,
    /// For example `REBOOT_COMPLETE`.
    pub state: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its steps with their states.
    pub steps: Vec<String>,
}

impl KafkaOperation {
    /// Whether it did what was asked for.
    pub fn succeeded(&self) -> bool {
        self.error.is_none() && self.state.ends_with("_COMPLETE")
    }

    fn is_over(&self) -> bool {
        self.ended_at.is_some()
            || ["_COMPLETE", "_FAILED"]
                .iter()
                .any(|ending| self.state.ends_with(ending))
    }
}

impl Account {
    /// Waits for the end of the operation `arn`, be it good or bad.
    ///
    /// # Errors
    /// [`AccountError::Waited`] when it does not end within `limit`; when AWS refuses.
    pub async fn kafka_operation(
        &self,
        arn: &str,
        limit: Duration,
    ) -> Result<KafkaOperation, AccountError> {
        let patience = Patience::new(limit, self.bounds().pace);
        let mut seen: Vec<Event> = Vec::new();
        loop {
            let unanswered = match self.operation(arn).await {
                Ok(operation) if operation.is_over() => return Ok(operation),
                Ok(operation) => {
                    note(&mut seen, arn, &operation);
                    None
                }
                Err(error) if error.passes() => Some(error.to_string()),
                Err(error) => return Err(error),
            };
            if !patience.lasts().await {
                return Err(AccountError::Waited(Box::new(Waited {
                    what: "end of the operation".to_owned(),
                    id: arn.to_owned(),
                    waited: patience.waited(),
                    seen,
                    unanswered,
                })));
            }
        }
    }

    async fn operation(&self, arn: &str) -> Result<KafkaOperation, AccountError> {
        let ask = self.clients().kafka.describe_cluster_operation_v2();
        let answer = ask.cluster_operation_arn(arn).send().await;
        let answer = answer.map_err(self.failed("Kafka", "DescribeClusterOperationV2"))?;
        let info = answer.cluster_operation_info();
        let info = info.ok_or(AccountError::Incomplete {
            action: "kafka:DescribeClusterOperationV2",
            what: "an operation",
        })?;
        Ok(read(info))
    }
}

/// Notes what an operation was seen to do, once for each change.
fn note(seen: &mut Vec<Event>, arn: &str, operation: &KafkaOperation) {
    let message = format!("{}: {}", operation.state, operation.steps.join(", "));
    if seen.last().is_none_or(|last| last.message != message) {
        seen.push(Event {
            at: Timestamp::now(),
            source: arn.to_owned(),
            message,
        });
    }
}

fn read(info: &ClusterOperationV2) -> KafkaOperation {
    let steps = info.provisioned().map(|of| of.operation_steps());
    let steps = steps.unwrap_or_default().iter().map(|step| {
        let state = step.step_info().and_then(|info| info.step_status());
        let name = step.step_name().unwrap_or("a step");
        format!("{name} {}", state.unwrap_or("not told"))
    });
    let error = info.error_info().map(|error| {
        let text = error.error_string().or(error.error_code());
        text.unwrap_or("no reason told").to_owned()
    });
    KafkaOperation {
        kind: info.operation_type().unwrap_or_default().to_owned(),
        state: info.operation_state().unwrap_or_default().to_owned(),
        started_at: info.start_time().and_then(moment::read),
        ended_at: info.end_time().and_then(moment::read),
        error,
        steps: steps.collect(),
    }
}
