//! TestFailover: a real replica takes over, and the events say so.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;

use crate::data_plane::{NodeGroup, Role, Step};
use crate::elasticache::{group, overlay};
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// The only cache node of a cluster that runs Redis.
const CACHE_NODE: &str = "0001";

/// TestFailover.
pub(super) async fn test(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("ReplicationGroupId")?.to_owned();
    let shard = call.form.required("NodeGroupId")?.to_owned();
    let mut told = group(rehearsal, call, &id).await?;
    let topology = rehearsal.topology().await?;
    let (members, real) = shard_of(&told, &topology.redis, &shard)?;
    ready(&told, &members, real)?;
    {
        let mut failovers = lock(&rehearsal.failovers);
        if failovers.busy.contains(&id) {
            return Err(not_ready(&id, "modifying"));
        }
        if !failovers.quota.take(Timestamp::now()) {
            let message = "The customer has exceeded the allowed rate of API calls.";
            return Err(Refusal::sender("APICallRateForCustomerExceeded", message));
        }
        failovers.busy.insert(id.clone());
    }
    let called = format!("Test Failover API called for node group {shard}");
    let source = ("replication-group", id.as_str());
    lock(&rehearsal.events).elasticache(Timestamp::now(), source, called);
    follow(rehearsal, &id, members, real.clone());
    let region = &call.scope.region;
    overlay::replication_group(rehearsal, &mut told, &topology.redis, region);
    Ok(wire::query_answer(
        "elasticache",
        "TestFailover",
        vec![told],
        &call.id,
    ))
}

/// The members of a shard as AWS names them, and the real shard in the same place.
fn shard_of<'a>(
    told: &Element,
    real: &'a [NodeGroup],
    shard: &str,
) -> Result<(Vec<String>, &'a NodeGroup), Refusal> {
    let groups = told
        .child("NodeGroups")
        .map_or(&[][..], |groups| &groups.children);
    let place = groups
        .iter()
        .position(|group| group.value("NodeGroupId") == shard);
    let place = place.ok_or_else(|| {
        let message = format!("The node group {shard} could not be found.");
        Refusal::not_found("NodeGroupNotFoundFault", message)
    })?;
    let members = groups[place].child("NodeGroupMembers");
    let members = members.map_or(&[][..], |members| &members.children);
    let members = members
        .iter()
        .map(|member| member.value("CacheClusterId").to_owned());
    let real = real.get(place).ok_or_else(|| {
        Refusal::internal(format!(
            "the data plane has no servers for node group {shard}"
        ))
    })?;
    Ok((members.collect(), real))
}

/// What AWS wants of a group before it fails a node over.
fn ready(told: &Element, members: &[String], real: &NodeGroup) -> Result<(), Refusal> {
    let id = told.value("ReplicationGroupId");
    let status = told.value("Status");
    if status != "available" {
        return Err(not_ready(id, status));
    }
    if told.value("AutomaticFailover") != "enabled" {
        let message = format!("Automatic failover is not enabled for replication group {id}.");
        return Err(Refusal::sender("InvalidReplicationGroupState", message));
    }
    let replicas = real
        .nodes
        .iter()
        .filter(|node| node.role == Role::Replica && node.alive);
    if members.len() < 2 || replicas.count() == 0 {
        let message = format!("Replication group {id} has no replica to fail over to.");
        return Err(Refusal::sender("InvalidReplicationGroupState", message));
    }
    Ok(())
}

fn not_ready(id: &str, status: &str) -> Refusal {
    let message = format!("Replication group {id} is not in available state, it is {status}.");
    Refusal::sender("InvalidReplicationGroupState", message)
}

/// Tells the chain of events as the real nodes go through it.
fn follow(rehearsal: &Arc<Rehearsal>, id: &str, members: Vec<String>, real: NodeGroup) {
    let (group, ended) = (id.to_owned(), id.to_owned());
    let progress = rehearsal.plane.failover_redis(&real.name);
    let member = move |node: &str| {
        let place = real.nodes.iter().position(|other| other.name == node);
        let member = place.and_then(|place| members.get(place));
        member.cloned().unwrap_or_else(|| node.to_owned())
    };
    let mut old = String::new();
    rehearsal.follow(
        progress,
        move |rehearsal, happened| {
            let mut events = lock(&rehearsal.events);
            let at = happened.at;
            match &happened.step {
                Step::Killed => {}
                Step::Promoted { from, to } => {
                    old = member(from);
                    let message = format!(
                        "Failover from primary node {old} to replica node {} completed",
                        member(to)
                    );
                    events.elasticache(at, ("cache-cluster", &old), message.as_str());
                    events.elasticache(at, ("replication-group", &group), message);
                    let message = format!("Recovering cache nodes {CACHE_NODE}");
                    events.elasticache(at, ("cache-cluster", &old), message);
                }
                Step::Back => {
                    let message = format!("Finished recovery for cache nodes {CACHE_NODE}");
                    events.elasticache(at, ("cache-cluster", &old), message);
                }
            }
        },
        move |rehearsal, _| {
            lock(&rehearsal.failovers).busy.remove(&ended);
        },
    );
}
