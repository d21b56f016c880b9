//! ElastiCache: an emulator keeps the books, the real Redis nodes say what is true of them.

mod failover;
mod overlay;
mod quota;
mod shards;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;

use crate::events;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal};

use quota::Quota;

/// Failovers under way and done.
#[derive(Debug, Default)]
pub(crate) struct Failovers {
    /// Replication groups with a failover under way.
    busy: BTreeSet<String>,
    quota: Quota,
}

/// Answers a call of ElastiCache.
pub(crate) async fn answer(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    match call.action.as_str() {
        "DescribeEvents" => events::describe(rehearsal, call).await,
        "TestFailover" => failover::test(rehearsal, call).await,
        "ModifyReplicationGroupShardConfiguration" => shards::modify(rehearsal, call).await,
        _ => {
            crate::gaps::note(rehearsal, call);
            let answer = rehearsal.backend.fetch(call).await?;
            overlay::overlay(rehearsal, call, answer).await
        }
    }
}

/// The emulator's view of one replication group.
async fn group(rehearsal: &Rehearsal, call: &Call, id: &str) -> Result<Element, Refusal> {
    let version = call.form.get("Version").unwrap_or_default();
    let question = Form::of(&[
        ("Action", "DescribeReplicationGroups"),
        ("Version", version),
        ("ReplicationGroupId", id),
    ]);
    let told = rehearsal.backend.ask(call, &question).await?;
    let is_it = |group: &Element| group.value("ReplicationGroupId") == id;
    let group = told.find("ReplicationGroup", &is_it).cloned();
    group.ok_or_else(|| {
        let message = format!("ReplicationGroup {id} not found.");
        Refusal::not_found("ReplicationGroupNotFoundFault", message)
    })
}
