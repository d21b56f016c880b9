//! What the emulators forget, remembered here, so that a second plan finds no difference.
//!
//! Each gap was met with the pinned versions; a newer emulator may close it.

mod alarms;
mod discovery;
mod endpoints;
mod files;
mod glue;
mod index;
mod remembered;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Response;
use serde_json::Value;

use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Call, Rehearsal, lock};

pub(crate) use remembered::{mend_elasticache, mend_rds, note};

/// Facts of requests that the emulators do not give back.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Authentication type of an ElastiCache user.
    authentication: BTreeMap<String, String>,
    /// Names of the parameters that were set in a cache parameter group.
    parameters: BTreeMap<String, Vec<String>>,
    /// Log exports of a DB instance or cluster, by the parameter that names it and its name.
    exports: BTreeMap<(&'static str, String), Vec<String>>,
    /// The last PutMetricAlarm of an alarm.
    alarms: BTreeMap<String, Form>,
    /// KMS key of a replication group.
    keys: BTreeMap<String, String>,
    /// Services of Cloud Map.
    services: discovery::Services,
    /// VPC endpoints.
    endpoints: endpoints::Endpoints,
    /// Policies of file systems.
    policies: files::Policies,
    /// Tags of a Glue registry.
    registries: BTreeMap<String, Value>,
}

/// Services with a gap of their own, besides RDS and ElastiCache.
pub(crate) fn mends(service: &str) -> bool {
    matches!(
        service,
        "ec2" | "elasticfilesystem" | "glue" | "monitoring" | "servicediscovery" | "tagging"
    )
}

/// Passes a call on and mends the answer.
pub(crate) async fn answer(rehearsal: &Rehearsal, call: &Call) -> Result<Response<Body>, Refusal> {
    let answer = rehearsal.backend.fetch(call).await?;
    if !answer.status.is_success() {
        return Ok(answer.into_response());
    }
    if call.scope.service == "tagging" && call.action == "GetResources" {
        return index::complete(rehearsal, call, answer).await;
    }
    let mut notes = lock(&rehearsal.notes);
    let mended = match (call.scope.service.as_str(), call.action.as_str()) {
        ("monitoring", "PutMetricAlarm" | "DescribeAlarms") => {
            alarms::mend(&mut notes, call, &answer)
        }
        ("ec2", action) if action.contains("VpcEndpoint") => {
            endpoints::mend(&mut notes.endpoints, call, &answer)
        }
        ("elasticfilesystem", _) => files::mend(&mut notes.policies, call, &answer),
        ("servicediscovery", "CreateService" | "GetService") => {
            discovery::mend(&mut notes.services, call, &answer)
        }
        ("glue", "CreateRegistry" | "GetTags") => glue::mend(&mut notes, call),
        _ => None,
    };
    Ok(match mended {
        Some(mended) => answer.with(mended),
        None => answer.into_response(),
    })
}
