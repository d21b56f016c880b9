//! Lays the real nodes' roles, zones and addresses over what the emulator tells.

use axum::body::Body;
use axum::http::Response;

use crate::data_plane::{Endpoint, NodeGroup, RedisNode, Role};
use crate::forward::Answer;
use crate::gaps;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Mends an answer of the emulator.
pub(super) async fn overlay(
    rehearsal: &Rehearsal,
    call: &Call,
    answer: Answer,
) -> Result<Response<Body>, Refusal> {
    if !answer.status.is_success() {
        return Ok(answer.into_response());
    }
    let mut told = answer.tree()?;
    let is_there = |name: &str| told.find(name, &|_| true).is_some();
    if is_there("ReplicationGroup") || is_there("CacheCluster") {
        let real = rehearsal.topology().await?.redis;
        let region = call.scope.region.as_str();
        told.each("ReplicationGroup", &mut |group| {
            replication_group(rehearsal, group, &real, region);
        });
        told.each("CacheCluster", &mut |cluster| {
            cache_cluster(rehearsal, cluster, &real, region);
        });
    }
    gaps::mend_elasticache(rehearsal, call, &mut told);
    Ok(answer.with(told.document()))
}

/// Status, roles, zones and addresses of a replication group. AWS tells no roles in cluster mode, where
/// they are asked of Redis itself.
pub(super) fn replication_group(
    rehearsal: &Rehearsal,
    told: &mut Element,
    real: &[NodeGroup],
    region: &str,
) {
    let id = told.value("ReplicationGroupId").to_owned();
    let primaries = real.iter().all(|group| primary(group).is_some());
    let busy = lock(&rehearsal.failovers).busy.contains(&id);
    if told.value("Status") == "available" && (busy || !primaries) {
        told.set_text("Status", "modifying");
    }
    let clustered = told.value("ClusterEnabled") == "true";
    if let (true, Some(first)) = (clustered, real.first()) {
        told.set(endpoint("ConfigurationEndpoint", &first.primary));
    }
    let Some(groups) = told.child_mut("NodeGroups") else {
        return;
    };
    for (group, real) in groups.children.iter_mut().zip(real) {
        if primary(real).is_none() {
            group.set_text("Status", "modifying");
        }
        if clustered {
            group.remove("PrimaryEndpoint");
            group.remove("ReaderEndpoint");
        } else {
            group.set(endpoint("PrimaryEndpoint", &real.primary));
            let reader = real
                .nodes
                .iter()
                .find(|node| node.role == Role::Replica && node.alive);
            let reader = reader.map_or(&real.primary, |node| &node.endpoint);
            group.set(endpoint("ReaderEndpoint", reader));
        }
        let Some(members) = group.child_mut("NodeGroupMembers") else {
            continue;
        };
        for (member, node) in members.children.iter_mut().zip(&real.nodes) {
            member.set_text("PreferredAvailabilityZone", node.zone.name(region));
            if clustered {
                member.remove("CurrentRole");
                member.remove("ReadEndpoint");
            } else {
                member.set_text("CurrentRole", role(node));
                member.set(endpoint("ReadEndpoint", &node.endpoint));
            }
        }
    }
}

/// Zone, address and status of one node of a replication group; `id-0001-002` and, without cluster
/// mode, `id-002` are the second node of the first shard.
fn cache_cluster(rehearsal: &Rehearsal, told: &mut Element, real: &[NodeGroup], region: &str) {
    let group = told.value("ReplicationGroupId").to_owned();
    let Some((shard, place)) = place(told.value("CacheClusterId"), &group) else {
        return;
    };
    let Some(node) = real.get(shard).and_then(|group| group.nodes.get(place)) else {
        return;
    };
    told.set_text("PreferredAvailabilityZone", node.zone.name(region));
    if lock(&rehearsal.failovers).busy.contains(&group) || !node.alive {
        told.set_text("CacheClusterStatus", "modifying");
    }
    told.each("CacheNode", &mut |cache_node| {
        cache_node.set(endpoint("Endpoint", &node.endpoint));
        cache_node.set_text("CustomerAvailabilityZone", node.zone.name(region));
    });
}

fn place(id: &str, group: &str) -> Option<(usize, usize)> {
    let rest = id.strip_prefix(group)?.strip_prefix('-')?;
    let (shard, node) = rest.split_once('-').unwrap_or(("0001", rest));
    let number = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
    Some((number(shard)?, number(node)?))
}

fn primary(group: &NodeGroup) -> Option<&RedisNode> {
    let is_it = |node: &&RedisNode| node.role == Role::Primary && node.alive;
    group.nodes.iter().find(is_it)
}

fn role(node: &RedisNode) -> &'static str {
    match node.role {
        Role::Primary => "primary",
        Role::Replica => "replica",
    }
}

fn endpoint(name: &str, endpoint: &Endpoint) -> Element {
    let address = Element::text("Address", &endpoint.host);
    Element::new(name, vec![address, Element::text("Port", endpoint.port)])
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_node_is_found_by_the_end_of_its_name() {
        assert_eq!(place("rlab-redis-0002-003", "rlab-redis"), Some((1, 2)));
        assert_eq!(place("rlab-redis-001", "rlab-redis"), Some((0, 0)));
        assert_eq!(place("other-001", "rlab-redis"), None);
        assert_eq!(place("rlab-redis-000", "rlab-redis"), None);
    }
}
