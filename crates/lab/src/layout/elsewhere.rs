//! Nodes that stand for servers the lab does not run. MySQL and Redis without TLS are reached through slots at
//! the addresses that servers of the lab's own would have.

use std::path::PathBuf;

use rlab_contract::address::Address;

use super::{Layout, MYSQL_HOST, MYSQL_PORT, REDIS_HOST, REDIS_PORT};
use crate::elsewhere::{Elsewhere, Reached};
use crate::error::LabError;
use crate::profile::LabProfile;
use crate::spec::{Listener, NodeKind, Theirs, Who};

/// What stands for the zone of a server that the lab does not run.
pub const THEIRS: &str = "theirs";

impl Layout<'_> {
    pub(super) fn elsewhere(
        &mut self,
        profile: &LabProfile,
        servers: Option<Elsewhere>,
    ) -> Result<(), LabError> {
        let Some(servers) = servers else {
            return Ok(());
        };
        // Behind a slot nobody would see that a server has moved.
        let stays = servers.map.is_none();
        let map = servers.map.as_ref();
        for (index, id) in (1..).enumerate().take(servers.kafka.addresses.len()) {
            let (name, kind) = (format!("kafka-{id}"), NodeKind::Broker { id });
            self.theirs(&name, kind, (&servers.kafka, index), map, None)?;
        }
        let slot = stays.then_some((MYSQL_PORT, MYSQL_HOST));
        self.theirs("mysql", NodeKind::Mysql, (&servers.mysql, 0), map, slot)?;
        for index in 0..servers.redis.addresses.len() {
            let name = match index {
                0 => "redis".to_owned(),
                index => format!("redis-{}", index + 1),
            };
            let slot = stays.then_some((REDIS_PORT, REDIS_HOST + index as u8));
            self.theirs(&name, NodeKind::Redis, (&servers.redis, index), map, slot)?;
        }
        match (servers.registry, registry_zone(profile)) {
            (Some(address), _) => {
                let reached = Reached {
                    addresses: vec![address],
                    user: Who::Nobody,
                    roots: None,
                };
                self.theirs("registry", NodeKind::Registry, (&reached, 0), map, None)
            }
            (None, Some(zone)) => self.registry(zone),
            (None, None) => Ok(()),
        }
    }

    /// Adds the server of `reached` with this `index`; `slot` is port and last octet of one where it can have
    /// one.
    fn theirs(
        &mut self,
        name: &str,
        kind: NodeKind,
        (reached, index): (&Reached, usize),
        map: Option<&PathBuf>,
        slot: Option<(u16, u8)>,
    ) -> Result<(), LabError> {
        let address: Address = reached.addresses[index].clone();
        let slot = slot.filter(|_| reached.roots.is_none());
        let listener = match slot {
            Some((port, _)) => self.named(name, port)?,
            None => Listener {
                endpoint: Some(name.to_owned()),
                port: address.port(),
                door: false,
            },
        };
        let host = slot.map_or(0, |(_, host)| host);
        let zone = self.zones[0].clone();
        self.add(name, kind, &zone, host, vec![listener], vec![]);
        let theirs = Theirs {
            address,
            slot: slot.is_some(),
            user: reached.user.clone(),
            roots: reached.roots.clone(),
            map: map.cloned(),
        };
        if let Some(node) = self.nodes.last_mut() {
            THEIRS.clone_into(&mut node.zone);
            node.theirs = Some(theirs);
        }
        Ok(())
    }
}

fn registry_zone(profile: &LabProfile) -> Option<&str> {
    match profile {
        LabProfile::Here(profile) => Some(&profile.registry.zone),
        LabProfile::External(profile) => profile.registry.ours().map(|(zone, _)| zone),
        LabProfile::Composed(profile) => Some(&profile.registry.zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::nodes;
    use crate::roles::Roles;
    use crate::spec::NodeSpec;

    fn of(toml: &str) -> Vec<NodeSpec> {
        nodes(&LabProfile::parse("mine.toml", toml).unwrap(), 1_000).unwrap()
    }

    /// Servers that ask nobody who he is, but MySQL; `more` follows `[mysql]`.
    fn plain(more: &str) -> String {
        format!(
            "schema = \"rlab/profile/v1\"\nname = \"mine\"\nengine = \"external\"\nzones = [\"a\"]\n\
             [kafka]\nbrokers = [\"k1:9092\", \"k2:9092\", \"k3:9092\"]\n\
             [redis]\naddresses = [\"r1:6379\", \"r2:6379\"]\n\
             [registry]\naddress = \"s:8081\"\n\
             [agents.query-service]\nzone = \"a\"\n\
             [mysql]\naddress = \"m:3306\"\n\
             login = {{ user = \"u\", password_env = \"PATH\" }}\n{more}"
        )
    }

    #[test]
    fn a_slot_stands_where_it_cannot_be_gone_around_and_nowhere_else() {
        let nodes = of(&plain(""));
        let slots: Vec<&str> = nodes
            .iter()
            .filter(|node| node.theirs.is_some() && node.has_slot(0))
            .map(|node| node.name.as_str())
            .collect();
        assert_eq!(slots, ["mysql", "redis", "redis-2"]);
        let node = |name: &str| nodes.iter().find(|n| n.name == name).unwrap();
        assert_eq!(node("mysql").way(0).to_string(), "127.10.1.21:14306");
        assert_eq!(node("mysql").past_slot(0).to_string(), "m:3306");
        assert_eq!(node("kafka-2").way(0).to_string(), "k2:9092");
        let tls = of(&plain("tls = {}\n"));
        let mysql = tls.iter().find(|n| n.name == "mysql").unwrap();
        assert_eq!(mysql.way(0).to_string(), "m:3306");
        assert!(mysql.addresses().is_empty());
    }

    #[test]
    fn agents_find_every_server_by_its_name_and_the_lab_binds_no_address_of_theirs() {
        let nodes = of(&plain(""));
        let map = Roles::usual(&nodes).address_map(&nodes);
        for (name, address) in [
            ("kafka-3", "k3:9092"),
            ("redis", "127.10.1.31:17379"),
            ("registry", "s:8081"),
        ] {
            assert_eq!(map[name].to_string(), address);
        }
        let theirs = nodes.iter().filter(|n| n.theirs.is_some());
        let bound: Vec<_> = theirs.flat_map(NodeSpec::addresses).collect();
        assert_eq!(bound.len(), 3, "{bound:?}");
        assert!(bound.iter().all(|a| a.ip().is_loopback()));
    }
}
