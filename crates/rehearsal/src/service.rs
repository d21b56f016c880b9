//! Who answers: the front itself, or an emulator whose answer is mended.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;

use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Call, Rehearsal};
use crate::{ecr, ecs, elasticache, gaps, kafka, rds};

/// Whether the front has something of its own to say about a service, so that it must read along.
pub(crate) fn answers(service: &str) -> bool {
    matches!(service, "ecr" | "ecs" | "elasticache" | "kafka" | "rds") || gaps::mends(service)
}

/// Answers a call whose body was read.
pub(crate) async fn answer(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    match call.scope.service.as_str() {
        "kafka" => kafka::answer(rehearsal, call).await,
        "rds" => rds::answer(rehearsal, call).await,
        "ecr" => ecr::answer(rehearsal, call).await,
        "ecs" => ecs::answer(rehearsal, call).await,
        "elasticache" => elasticache::answer(rehearsal, call).await,
        _ => gaps::answer(rehearsal, call).await,
    }
}
