//! Who plays which part at present: where MySQL stands, and which server is Redis's primary.
//!
//! `roles.json` is on disk before a failover brings up what takes over, so that whoever comes after
//! a crash brings the same parts back, and never two primaries.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use rlab_contract::address::Address;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::files;
use crate::home::LabDir;
use crate::spec::{NodeKind, NodeSpec};

/// The parts of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Zone that MySQL stands in.
    pub mysql_zone: String,
    /// Node that is Redis's primary; the others follow it.
    pub redis_primary: String,
}

/// What a Redis server has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The one that takes writes.
    Primary,
    /// A copy of the server at this address.
    ReplicaOf(SocketAddrV4),
}

impl Roles {
    /// The parts that the profile gives out.
    pub fn usual(nodes: &[NodeSpec]) -> Self {
        let first = |kind| nodes.iter().find(|n| n.kind == kind);
        Self {
            mysql_zone: first(NodeKind::Mysql).map_or_else(String::new, |n| n.zone.clone()),
            redis_primary: first(NodeKind::Redis).map_or_else(String::new, |n| n.name.clone()),
        }
    }

    /// The parts in the lab in `dir`: the usual ones until a failover wrote others down.
    ///
    /// # Errors
    /// When the file cannot be read, or gives a part to what cannot play it.
    pub fn load(dir: &LabDir, nodes: &[NodeSpec]) -> Result<Self, LabError> {
        let path = dir.roles();
        if !path.exists() {
            return Ok(Self::usual(nodes));
        }
        let roles: Self = files::read_json(&path)?;
        let mysql = nodes.iter().find(|n| n.kind == NodeKind::Mysql);
        let placed = mysql.is_some_and(|n| n.seated(&roles.mysql_zone).is_some());
        if !placed || roles.primary(nodes).is_none() {
            return Err(LabError::BadFile {
                path,
                reason: format!(
                    "mysql cannot stand in `{}`, or `{}` is no redis",
                    roles.mysql_zone, roles.redis_primary
                ),
            });
        }
        Ok(roles)
    }

    /// Writes the parts down; on disk when this returns.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, dir: &LabDir) -> Result<(), LabError> {
        files::write_json(&dir.roles(), self, files::READABLE)?;
        let directory = std::fs::File::open(dir.path());
        let synced = directory.and_then(|directory| directory.sync_all());
        synced.map_err(|e| LabError::io(dir.path(), e))
    }

    /// `node` where it stands now.
    pub fn seated(&self, node: &NodeSpec) -> NodeSpec {
        let elsewhere = match node.kind {
            NodeKind::Mysql => node.seated(&self.mysql_zone),
            _ => None,
        };
        elsewhere.unwrap_or_else(|| node.clone())
    }

    /// Redis's primary.
    pub fn primary<'a>(&self, nodes: &'a [NodeSpec]) -> Option<&'a NodeSpec> {
        let mut servers = nodes.iter().filter(|n| n.kind == NodeKind::Redis);
        servers.find(|n| n.name == self.redis_primary)
    }

    /// The part of `node`; none unless it is a Redis of the lab's own.
    pub fn part(&self, nodes: &[NodeSpec], node: &NodeSpec) -> Option<Part> {
        if node.kind != NodeKind::Redis || node.theirs.is_some() {
            return None;
        }
        let primary = self.primary(nodes).filter(|p| p.name != node.name);
        Some(primary.map_or(Part::Primary, |p| Part::ReplicaOf(p.back_address(0))))
    }

    /// Who answers at the door of `node` and under the name that stands for its service: the
    /// primary, where there are several.
    pub fn in_charge(&self, nodes: &[NodeSpec], node: &NodeSpec) -> NodeSpec {
        let primary = self.primary(nodes);
        match primary.filter(|_| node.kind == NodeKind::Redis) {
            Some(primary) => primary.clone(),
            None => self.seated(node),
        }
    }

    /// The address offered to people that leads to `node` now, where there is one.
    pub fn door(&self, nodes: &[NodeSpec], node: &NodeSpec) -> Option<SocketAddrV4> {
        let offered = nodes.iter().filter(|n| n.kind == node.kind);
        offered
            .filter(|n| self.in_charge(nodes, n).name == node.name)
            .find_map(NodeSpec::door_address)
    }

    /// Endpoint name → address in front of the proxy slots, as the parts want it.
    pub fn address_map(&self, nodes: &[NodeSpec]) -> BTreeMap<String, Address> {
        let mut map = BTreeMap::new();
        for node in nodes {
            for (index, listener) in node.ports.iter().enumerate() {
                let Some(endpoint) = &listener.endpoint else {
                    continue;
                };
                // A name without a door is a node's own.
                let found = match listener.door {
                    true => self.in_charge(nodes, node),
                    false => self.seated(node),
                };
                map.insert(endpoint.clone(), found.way(index));
            }
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::LabHome;
    use crate::profile::LabProfile;

    fn nodes() -> Vec<NodeSpec> {
        crate::layout::nodes(&LabProfile::load("local").unwrap(), 0).unwrap()
    }

    #[test]
    fn a_name_and_a_door_lead_to_whoever_has_the_part_and_nobody_else_is_the_primary() {
        let nodes = nodes();
        let mut roles = Roles::usual(&nodes);
        let before = roles.address_map(&nodes);
        roles.mysql_zone = "az-b".into();
        roles.redis_primary = "redis-2".into();
        let after = roles.address_map(&nodes);
        assert_eq!(after["redis"], before["redis-2"]);
        assert_eq!(after["redis-2"], before["redis-2"]);
        assert_eq!(after["mysql"].host(), "127.10.2.21");
        let moved = |name: &&String| before[*name] != after[*name];
        assert_eq!(before.keys().filter(moved).count(), 2);
        let redis = nodes.iter().filter(|n| n.kind == NodeKind::Redis);
        let parts = redis.clone().map(|node| roles.part(&nodes, node).unwrap());
        assert_eq!(parts.filter(|part| *part == Part::Primary).count(), 1);
        let doors = redis.map(|node| roles.door(&nodes, node).is_some());
        assert_eq!(doors.collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn what_was_written_down_is_what_the_next_one_finds_and_a_part_for_a_stranger_is_refused() {
        let nodes = nodes();
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        let mut roles = Roles::load(&dir, &nodes).unwrap();
        assert_eq!(roles, Roles::usual(&nodes));
        roles.redis_primary = "redis-2".into();
        roles.save(&dir).unwrap();
        assert_eq!(Roles::load(&dir, &nodes).unwrap(), roles);
        roles.mysql_zone = "az-c".into();
        roles.save(&dir).unwrap();
        let refused = Roles::load(&dir, &nodes).unwrap_err().to_string();
        assert!(refused.contains("az-c"), "{refused}");
    }
}
