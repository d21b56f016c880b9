//! Whether a server that the lab does not run is fit for it. It is asked, and never told to be another.

use redis::Value;
use redis::aio::MultiplexedConnection;

use super::replication::{IN_TOUCH, text};
use super::{Seen, Site, connect_kafka, connect_mysql, connect_redis, registry};
use crate::protocol::Role;
use crate::spec::{NodeKind, NodeSpec};

pub(super) async fn probe(site: &Site, node: &NodeSpec) -> Result<Seen, String> {
    let address = node.past_slot(0);
    match node.kind {
        NodeKind::Broker { .. } => {
            let mut broker = connect_kafka(site, address).await?;
            named(site, broker.live_brokers().await?.len())?;
        }
        NodeKind::Mysql => {
            let connected = connect_mysql(site, address, None).await;
            connected.map_err(|e| e.to_string())?;
        }
        NodeKind::Redis => {
            let mut redis = connect_redis(site, address).await?;
            let (role, lacks) = told(&mut redis).await?;
            let first = site.spec.redis().next().map(|n| &n.name) == Some(&node.name);
            return plays(first, role, lacks);
        }
        NodeKind::Registry => registry::probe(node).await?,
        NodeKind::Controller | NodeKind::Api | NodeKind::Agent => {}
    }
    Ok(Seen::default())
}

/// The part of a server that is not the lab's, and what keeps a replica from being a full copy. What it
/// follows may be called as it likes.
///
/// # Errors
/// A text: what it said instead.
async fn told(connection: &mut MultiplexedConnection) -> Result<(Role, Option<String>), String> {
    let answer: Vec<Value> = redis::cmd("ROLE")
        .query_async(connection)
        .await
        .map_err(|e| e.to_string())?;
    part_and_link(&answer).ok_or_else(|| format!("ROLE answered {answer:?}"))
}

fn part_and_link(answer: &[Value]) -> Option<(Role, Option<String>)> {
    match answer {
        [word, ..] if text(word)? == "master" => Some((Role::Primary, None)),
        [word, host, _, link, ..] if text(word)? == "slave" => {
            let (host, link) = (text(host)?, text(link)?);
            let lacks = (link != IN_TOUCH).then(|| format!("replicates from {host}: {link}"));
            Some((Role::Replica, lacks))
        }
        _ => None,
    }
}

/// A group is deleted by the broker that coordinates it, which may be any.
fn named(site: &Site, alive: usize) -> Result<(), String> {
    let named = site.spec.brokers().count();
    match alive <= named {
        true => Ok(()),
        false => Err(format!(
            "the cluster has {alive} brokers and the profile names {named}: name them all"
        )),
    }
}

/// The first that the profile names is written to, the others are looked at.
fn plays(first: bool, role: Role, lacks: Option<String>) -> Result<Seen, String> {
    match (first, role) {
        (true, Role::Replica) => Err("is a replica: name the primary first".to_owned()),
        (false, Role::Primary) => Err("is a primary, and the profile has one already".to_owned()),
        _ => Ok(Seen {
            role: Some(role),
            lacks,
            ..Seen::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_replica_elsewhere_may_follow_a_name() {
        let mut answer = vec![
            word("slave"),
            word("redis-1"),
            Value::Int(6_379),
            word("connected"),
            Value::Int(7),
        ];
        assert_eq!(part_and_link(&answer), Some((Role::Replica, None)));
        answer[3] = word("sync");
        let lacks = part_and_link(&answer).unwrap().1.unwrap();
        assert_eq!(lacks, "replicates from redis-1: sync");
        assert_eq!(part_and_link(&[word("sentinel")]), None);
    }

    #[test]
    fn writes_go_to_a_primary_or_nowhere() {
        assert!(plays(true, Role::Primary, None).is_ok());
        let refused = plays(true, Role::Replica, None).unwrap_err();
        assert!(refused.contains("primary first"), "{refused}");
        assert!(plays(false, Role::Primary, None).is_err());
        let behind = plays(false, Role::Replica, Some("connect".into())).unwrap();
        assert_eq!(behind.lacks.as_deref(), Some("connect"));
    }
}
