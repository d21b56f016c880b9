//! What one lab is made of: the profile resolved into nodes, addresses and paths (`lab.json`).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use rlab_artifacts::Servers;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::files;
use crate::home::LabDir;
use crate::profile::Profile;

/// Format of a lab's directory; raised when an older one cannot be used any more.
pub const FORMAT: u32 = 3;

/// A lab, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabSpec {
    /// [`FORMAT`] of whoever wrote it.
    pub format: u32,
    /// Lab name.
    pub lab: String,
    /// The profile it was resolved from.
    pub profile: Profile,
    /// Added to every port.
    pub port_offset: u16,
    /// Kafka's cluster id, 22 characters of base64.
    pub cluster_id: String,
    /// Server → version, as pinned by the artifact lock.
    pub versions: BTreeMap<String, String>,
    /// Where the servers are.
    pub servers: Servers,
    /// Where the agents' binaries are.
    pub agent_dir: PathBuf,
    /// Nodes, in an order in which each follows what it depends on.
    pub nodes: Vec<NodeSpec>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    /// Name, unique in the lab.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its zone.
    pub zone: String,
    /// Address its server binds to.
    pub back: Ipv4Addr,
    /// Address its proxy slots listen on, in the zone's block.
    pub front: Ipv4Addr,
    /// Its listeners.
    pub ports: Vec<Listener>,
    /// Nodes that must be ready before it starts.
    pub after: Vec<String>,
    /// Which instance of its agent, from 1. Later ones are spares, started only when wanted.
    pub instance: u16,
    /// Where else it can stand, on the same files and never at the same time.
    #[serde(default)]
    pub standby: Option<Seat>,
}

/// A place that a node can stand in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Its zone.
    pub zone: String,
    /// Address that the server binds to there.
    pub back: Ipv4Addr,
    /// Address that its proxy slots listen on there.
    pub front: Ipv4Addr,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Kafka's KRaft controller.
    Controller,
    /// A Kafka broker, with its node id.
    Broker {
        /// `node.id`, counted from 1.
        id: u16,
    },
    /// MySQL.
    Mysql,
    /// Redis.
    Redis,
    /// The schema registry.
    Registry,
    /// An AWS API in front of the servers.
    Api,
    /// An agent of the pipeline.
    Agent,
}

impl NodeKind {
    /// The word used in status output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Broker { .. } => "broker",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Registry => "registry",
            Self::Api => "api",
            Self::Agent => "agent",
        }
    }
}

/// One listener of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Endpoint name in the address map; `None` for traffic between servers, which no slot carries.
    pub endpoint: Option<String>,
    /// Port, the same behind and in front of the proxy slot.
    pub port: u16,
    /// Whether `127.0.0.1` offers it too.
    pub door: bool,
}

impl NodeSpec {
    /// Whether it stays down until it is wanted.
    pub fn is_spare(&self) -> bool {
        self.instance > 1
    }

    /// Name of the agent that it is an instance of: `outbox-relay` for `outbox-relay-2`. All
    /// instances share one binary and one identity.
    pub fn service(&self) -> &str {
        let suffix = format!("-{}", self.instance);
        match self.is_spare() {
            true => self.name.strip_suffix(&suffix).unwrap_or(&self.name),
            false => &self.name,
        }
    }

    /// Where the server itself listens for its `index`-th listener.
    pub fn back_address(&self, index: usize) -> SocketAddrV4 {
        SocketAddrV4::new(self.back, self.ports[index].port)
    }

    /// Where its proxy slot listens for its `index`-th listener.
    pub fn front_address(&self, index: usize) -> SocketAddrV4 {
        SocketAddrV4::new(self.front, self.ports[index].port)
    }

    /// The address offered to people, where there is one.
    pub fn door_address(&self) -> Option<SocketAddrV4> {
        let listener = self.ports.iter().find(|p| p.door)?;
        Some(SocketAddrV4::new(Ipv4Addr::LOCALHOST, listener.port))
    }

    /// The node as it stands in `zone`, where it can stand there.
    pub fn seated(&self, zone: &str) -> Option<Self> {
        if self.zone == zone {
            return Some(self.clone());
        }
        let seat = self.standby.clone().filter(|seat| seat.zone == zone)?;
        Some(Self {
            zone: seat.zone,
            back: seat.back,
            front: seat.front,
            ..self.clone()
        })
    }

    /// The node in each place where it can stand, the usual one first.
    pub fn seats(&self) -> impl Iterator<Item = Self> + '_ {
        let other = self.standby.as_ref();
        let zones = std::iter::once(&self.zone).chain(other.map(|seat| &seat.zone));
        zones.filter_map(|zone| self.seated(zone))
    }

    /// Every address this node or its slots listen on, wherever it stands.
    pub fn addresses(&self) -> Vec<SocketAddrV4> {
        let mut all = Vec::new();
        for (index, listener) in self.ports.iter().enumerate() {
            for seat in self.seats() {
                all.push(seat.back_address(index));
                if listener.endpoint.is_some() {
                    all.push(seat.front_address(index));
                }
            }
            if listener.door {
                all.push(SocketAddrV4::new(Ipv4Addr::LOCALHOST, listener.port));
            }
        }
        all
    }
}

impl LabSpec {
    /// Resolves `profile` into the lab `lab`.
    ///
    /// # Errors
    /// When the offset moves a port out of range.
    pub fn resolve(
        lab: &str,
        profile: Profile,
        port_offset: u16,
        servers: Servers,
        agent_dir: PathBuf,
    ) -> Result<Self, LabError> {
        Ok(Self {
            format: FORMAT,
            lab: lab.to_owned(),
            nodes: crate::layout::nodes(&profile, port_offset)?,
            profile,
            port_offset,
            cluster_id: cluster_id(),
            versions: servers.versions.clone(),
            servers,
            agent_dir,
        })
    }

    /// Reads a lab's `lab.json`.
    ///
    /// # Errors
    /// When it is missing, damaged or of another format.
    pub fn load(dir: &LabDir) -> Result<Self, LabError> {
        let value: serde_json::Value = files::read_json(&dir.spec())?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(FORMAT)) {
            let found = format.map_or("none".to_owned(), |f| f.to_string());
            return Err(LabError::OtherVersion {
                lab: dir.name().to_owned(),
                difference: format!("directory format {found}, this rlab-ops writes {FORMAT}"),
            });
        }
        serde_json::from_value(value).map_err(|e| LabError::BadFile {
            path: dir.spec(),
            reason: e.to_string(),
        })
    }

    /// Writes `lab.json`.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, dir: &LabDir) -> Result<(), LabError> {
        files::write_json(&dir.spec(), self, files::READABLE)
    }

    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<&NodeSpec> {
        self.nodes.iter().find(|n| n.name == name)
    }

    /// Nodes that are brokers, in order of their ids.
    pub fn brokers(&self) -> impl Iterator<Item = &NodeSpec> {
        self.nodes
            .iter()
            .filter(|n| matches!(n.kind, NodeKind::Broker { .. }))
    }

    /// Names of the agents.
    pub fn agents(&self) -> impl Iterator<Item = &NodeSpec> {
        self.nodes.iter().filter(|n| n.kind == NodeKind::Agent)
    }

    /// The first node of `kind`.
    pub fn first(&self, kind: NodeKind) -> Option<&NodeSpec> {
        self.nodes.iter().find(|n| n.kind == kind)
    }

    /// Redis's servers, the usual primary first.
    pub fn redis(&self) -> impl Iterator<Item = &NodeSpec> {
        self.nodes.iter().filter(|n| n.kind == NodeKind::Redis)
    }

    /// Every identity of the lab: the administrator, who runs drills, and one per agent.
    pub fn identities(&self) -> Vec<String> {
        [crate::secrets::ADMIN, crate::secrets::RUNNER]
            .map(str::to_owned)
            .into_iter()
            .chain(
                self.agents()
                    .filter(|n| !n.is_spare())
                    .map(|n| crate::secrets::identity(&n.name)),
            )
            .collect()
    }
}

/// A random 128-bit id in the 22 characters of URL-safe base64 that Kafka wants, which must not
/// begin with `-`.
fn cluster_id() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = uuid::Uuid::new_v4().as_u128();
    let text: String = (0..22)
        .map(|i| {
            let shifted = if i == 21 {
                bits << 4
            } else {
                bits >> (122 - 6 * i)
            };
            char::from(ALPHABET[(shifted & 63) as usize])
        })
        .collect();
    if text.starts_with('-') {
        return cluster_id();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_id_is_128_bits_in_base64() {
        let id = cluster_id();
        assert_eq!(id.len(), 22);
        assert!("AQgw".contains(id.chars().last().unwrap()), "{id}");
    }
}
