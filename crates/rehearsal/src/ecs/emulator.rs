//! The front's own questions to the emulator, in the name of the account whose tasks it runs.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Call, Rehearsal};

/// Whose tasks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
}

impl Place {
    pub(super) fn of(rehearsal: &Rehearsal, call: &Call) -> Self {
        Self {
            account: rehearsal.account(&call.scope.access_key),
            region: call.scope.region.clone(),
        }
    }

    /// An ARN of ECS.
    pub(super) fn arn(&self, resource: &str) -> String {
        format!("arn:aws:ecs:{}:{}:{resource}", self.region, self.account)
    }
}

/// A service of the emulator by the name that signatures use and the prefix of its actions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api {
    service: &'static str,
    target: &'static str,
}

pub(super) const ECS: Api = Api {
    service: "ecs",
    target: "AmazonEC2ContainerServiceV20141113",
};
pub(super) const ECR: Api = Api {
    service: "ecr",
    target: "AmazonEC2ContainerRegistry_V20150921",
};
pub(super) const LOGS: Api = Api {
    service: "logs",
    target: "Logs_20140328",
};
pub(super) const SECRETS: Api = Api {
    service: "secretsmanager",
    target: "secretsmanager",
};

/// Asks, and reads the answer. The emulator's refusal is told as it words it.
pub(super) async fn ask(
    rehearsal: &Rehearsal,
    place: &Place,
    api: Api,
    action: &str,
    question: &Value,
) -> Result<Value, Refusal> {
    let (account, region, service) = (&place.account, &place.region, api.service);
    let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
    let request = Request::post("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("{}.{action}", api.target))
        // Emulators read the scope only.
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        .body(Body::from(question.to_string()))
        .map_err(|error| Refusal::internal(error.to_string()))?;
    let answer = rehearsal.backend.exchange(service, request).await?;
    let told: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| Refusal::internal(format!("the emulator's answer to {action} is not JSON")))?;
    match answer.status.is_success() {
        true => Ok(told),
        false => Err(refusal(answer.status, &told)),
    }
}

fn refusal(status: StatusCode, told: &Value) -> Refusal {
    let text = |name: &str| told[name].as_str();
    let code = text("__type").unwrap_or("InternalFailure");
    let code = code.rsplit('#').next().unwrap_or(code);
    let message = text("message").or_else(|| text("Message"));
    Refusal::new(status, code, message.unwrap_or_default())
}
