//! Changing the number of shards: only as far as there are real ones.

use axum::body::Body;
use axum::http::Response;

use crate::elasticache::{group, overlay};
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Call, Rehearsal};

/// ModifyReplicationGroupShardConfiguration. The emulator writes it down when the data plane has that
/// many node groups; otherwise there is no capacity.
pub(super) async fn modify(rehearsal: &Rehearsal, call: &Call) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("ReplicationGroupId")?;
    let wanted: usize = call.form.required("NodeGroupCount")?.parse().map_err(|_| {
        Refusal::sender("InvalidParameterValue", "NodeGroupCount must be a number.")
    })?;
    group(rehearsal, call, id).await?;
    let real = rehearsal.topology().await?.redis.len();
    if wanted != real {
        let message = format!("The rehearsal has servers for {real} node groups, not {wanted}.");
        return Err(Refusal::sender("InsufficientCacheClusterCapacity", message));
    }
    let answer = rehearsal.backend.fetch(call).await?;
    overlay::overlay(rehearsal, call, answer).await
}
