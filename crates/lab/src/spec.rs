//! What one lab is made of: the profile resolved into nodes, addresses and paths (`lab.json`).

mod who;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use rlab_artifacts::Servers;
use rlab_contract::address::Address;
use rlab_contract::agent_config::Namespace;
use rlab_contract::login::Roots;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::files;
use crate::home::LabDir;
use crate::pipeline;
use crate::profile::{LabProfile, Profile};

pub use who::{Signing, Who};

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
    pub profile: LabProfile,
    /// Added to every port.
    pub port_offset: u16,
    /// What the names of all that it makes begin with on servers that are not its own; none where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
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
    /// Where it is when it is not run by the lab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Theirs>,
}

/// A server that the lab reaches and does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theirs {
    /// Where it is.
    pub address: Address,
    /// Whether agents reach it through a proxy slot of the lab, or past the lab. TLS checks the name that is
    /// dialled, and brokers send clients to where they advertise themselves.
    pub slot: bool,
    /// As whom everybody of the lab logs in there.
    pub user: Who,
    /// Who vouches for it; nobody when the connection is plain.
    pub roots: Option<Roots>,
    /// File that says where it is now, by the node's name; none where its name leads after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<PathBuf>,
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

impl Theirs {
    /// Where it is at this moment; where it was said to be while the map does not tell.
    fn now(&self, node: &str) -> Address {
        let map = self.map.as_ref();
        let told = map.and_then(|map| files::read_json::<BTreeMap<String, Address>>(map).ok());
        let told = told.and_then(|mut told| told.remove(node));
        told.unwrap_or_else(|| self.address.clone())
    }
}

impl NodeSpec {
    /// Whether the lab runs it, and it is of the `server` that artifacts are locked for.
    fn is_ours_of(&self, server: &str) -> bool {
        let kind = match self.kind {
            NodeKind::Controller | NodeKind::Broker { .. } => "kafka",
            other => other.word(),
        };
        self.theirs.is_none() && kind == server
    }

    /// Whether it is a server that the lab runs.
    pub(crate) fn is_our_server(&self) -> bool {
        self.theirs.is_none() && self.kind != NodeKind::Agent
    }

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

    /// Where clients reach its `index`-th listener.
    pub fn way(&self, index: usize) -> Address {
        match &self.theirs {
            Some(theirs) if !theirs.slot => theirs.now(&self.name),
            _ => self.front_address(index).into(),
        }
    }

    /// Where its `index`-th listener is, past any proxy slot.
    pub fn past_slot(&self, index: usize) -> Address {
        match &self.theirs {
            Some(theirs) => theirs.now(&self.name),
            None => self.back_address(index).into(),
        }
    }

    /// Whether a proxy slot stands in front of its `index`-th listener.
    pub fn has_slot(&self, index: usize) -> bool {
        let through = self.theirs.as_ref().is_none_or(|theirs| theirs.slot);
        through && self.ports[index].endpoint.is_some()
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

    /// Every address of this machine that this node or its slots listen on, wherever it stands.
    pub fn addresses(&self) -> Vec<SocketAddrV4> {
        let mut all = Vec::new();
        for (index, listener) in self.ports.iter().enumerate() {
            for seat in self.seats() {
                if self.theirs.is_none() {
                    all.push(seat.back_address(index));
                }
                if self.has_slot(index) {
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
        profile: LabProfile,
        port_offset: u16,
        servers: Servers,
        agent_dir: PathBuf,
    ) -> Result<Self, LabError> {
        let nodes = crate::layout::nodes(&profile, port_offset)?;
        let runs = |server: &str| match server {
            "java" => nodes.iter().any(NodeSpec::is_our_server),
            kind => nodes.iter().any(|n| n.is_ours_of(kind)),
        };
        let mut versions = servers.versions.clone();
        versions.retain(|server, _| runs(server));
        let elsewhere = nodes.iter().any(|node| node.theirs.is_some());
        Ok(Self {
            format: FORMAT,
            lab: lab.to_owned(),
            profile,
            port_offset,
            mark: elsewhere.then(|| mark(lab)),
            cluster_id: cluster_id(),
            versions,
            nodes,
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

    /// The profile, where the lab runs its servers itself.
    ///
    /// # Errors
    /// When it does not: none of its files speaks of how such a server is run.
    pub fn here(&self) -> Result<&Profile, LabError> {
        match &self.profile {
            LabProfile::Here(profile) => Ok(profile),
            other => Err(LabError::NotOurs(format!(
                "the servers of profile `{}`",
                other.name()
            ))),
        }
    }

    /// The namespace that belongs to `id` (lower case letters, digits, `_`). On servers that are not the
    /// lab's own it is called so that no other lab has the same.
    pub fn namespace(&self, id: &str) -> Namespace {
        match &self.mark {
            Some(mark) => Namespace::named(&format!("{mark}_{id}")),
            None => Namespace::named(id),
        }
    }

    /// The lab's own namespace, in which `smoke` and hand-made commands live.
    pub fn own_namespace(&self) -> Namespace {
        self.namespace(pipeline::OWN)
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

    /// Whether tokens of AWS are shown anywhere, which takes credentials to sign them with.
    pub fn shows_tokens(&self) -> bool {
        let mut theirs = self.nodes.iter().filter_map(|node| node.theirs.as_ref());
        theirs.any(|theirs| matches!(theirs.user, Who::Token(_)))
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

/// The begin of the lab's name and 24 random bits. No more: MySQL's names have 64 characters.
fn mark(lab: &str) -> String {
    let name: String = lab.chars().take(12).collect();
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{}_{}", name.replace('-', "_"), &random[..6])
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
    fn what_a_lab_makes_elsewhere_is_called_like_nothing_of_another_lab_of_its_name() {
        let marks = [
            mark("my-second-lab-of-today"),
            mark("my-second-lab-of-today"),
        ];
        assert_ne!(marks[0], marks[1]);
        for mark in marks {
            assert!(mark.starts_with("my_second_la_"), "{mark}");
            // The longest schema of a runbook's leg so far has 38 characters without it, of 60.
            assert!(mark.len() + 1 + 38 <= 60, "{mark}");
        }
    }

    #[test]
    fn a_cluster_id_is_128_bits_in_base64() {
        let id = cluster_id();
        assert_eq!(id.len(), 22);
        assert!("AQgw".contains(id.chars().last().unwrap()), "{id}");
    }
}
