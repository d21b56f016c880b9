//! Whether a server that the lab does not run is fit for it. It is asked, and never told to be another.

use super::{Seen, Site, connect_kafka, connect_mysql, connect_redis, registry, replication};
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
            let (role, lacks) = replication::told(&mut redis).await?;
            let first = site.spec.redis().next().map(|n| &n.name) == Some(&node.name);
            return plays(first, role, lacks);
        }
        NodeKind::Registry => registry::probe(node).await?,
        NodeKind::Controller | NodeKind::Api | NodeKind::Agent => {}
    }
    Ok(Seen::default())
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
