//! Which nodes a profile asks for, at which addresses.
//!
//! Zone number z (from 1) owns `127.10.z.0/24` in front of the proxy slots and `127.20.z.0/24`
//! behind them. A node has the same last octet on both sides, and its listeners the same ports.

mod elsewhere;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::elsewhere::Elsewhere;
use crate::error::LabError;
use crate::profile::{Agent, AgentName, LabProfile, Mysql, Profile, Redis};
use crate::spec::{Listener, NodeKind, NodeSpec, Seat};

pub use elsewhere::THEIRS;

const CONTROLLER_PORT: u16 = 19_095;
const FIRST_BROKER_PORT: u16 = 19_092;
const BROKER_PORT_STEP: u16 = 100;
const MYSQL_PORT: u16 = 13_306;
const MYSQL_HOST: u8 = 21;
const REDIS_PORT: u16 = 16_379;
const REDIS_HOST: u8 = 31;
const REGISTRY_PORT: u16 = 18_091;
const REGISTRY_MANAGEMENT_PORT: u16 = 18_092;
const API_PORT: u16 = 14_566;
const API_HOST: u8 = 45;
/// From the next port on, Linux by default hands ports to outgoing connections
/// (`net.ipv4.ip_local_port_range`): a listener there is refused now and then.
const LAST_PORT: u16 = 32_767;

/// Node and endpoint of the AWS API.
pub const API: &str = "aws-api";

/// Index of the API's listeners in [`NodeSpec::ports`].
pub mod api_listener {
    /// The API itself.
    pub const FRONT: usize = 0;
    /// ministack.
    pub const MINISTACK: usize = 1;
    /// moto.
    pub const MOTO: usize = 2;
}

/// Ports on `127.0.0.1` of servers in containers, and those of the agents beside them, before they are moved.
pub(crate) mod published {
    use super::*;

    pub const KAFKA: [u16; 3] = [
        FIRST_BROKER_PORT,
        FIRST_BROKER_PORT + BROKER_PORT_STEP,
        FIRST_BROKER_PORT + 2 * BROKER_PORT_STEP,
    ];
    pub const MYSQL: u16 = MYSQL_PORT;
    pub const REDIS: [u16; 2] = [REDIS_PORT, REDIS_PORT + 1];
    pub const KAFKA_UI: u16 = 18_090;
    pub const PROMETHEUS: u16 = 19_090;
    pub const GRAFANA: u16 = 13_000;
    /// Command service, query service, relay, consumer.
    pub const AGENTS: [u16; 4] = [18_080, 18_081, 18_082, 18_083];
}

/// Index of a broker's listeners in [`NodeSpec::ports`].
pub mod broker_listener {
    /// Clients.
    pub const CLIENT: usize = 0;
    /// Other brokers.
    pub const INTERNAL: usize = 1;
}

/// The nodes of `profile`, each after those it depends on.
///
/// # Errors
/// When `offset` moves a port out of range.
pub fn nodes(profile: &LabProfile, offset: u16) -> Result<Vec<NodeSpec>, LabError> {
    let mut layout = Layout {
        zones: profile.zones(),
        offset,
        nodes: Vec::new(),
    };
    match (profile, Elsewhere::of(profile, offset)?) {
        (LabProfile::Here(profile), _) => layout.here(profile)?,
        (_, elsewhere) => layout.elsewhere(profile, elsewhere)?,
    }
    layout.agents(profile.agents())?;
    Ok(layout.nodes)
}

struct Layout<'a> {
    zones: &'a [String],
    offset: u16,
    nodes: Vec<NodeSpec>,
}

impl Layout<'_> {
    fn here(&mut self, profile: &Profile) -> Result<(), LabError> {
        self.controller()?;
        self.brokers(profile.kafka.brokers)?;
        self.mysql(&profile.mysql)?;
        self.redis(&profile.redis)?;
        self.registry(&profile.registry.zone)?;
        match &profile.api {
            Some(_) => self.api(),
            None => Ok(()),
        }
    }

    fn controller(&mut self) -> Result<(), LabError> {
        let port = self.internal(CONTROLLER_PORT)?;
        let zone = self.zones[0].clone();
        self.add(
            "controller",
            NodeKind::Controller,
            &zone,
            1,
            vec![port],
            vec![],
        );
        Ok(())
    }

    fn brokers(&mut self, count: u16) -> Result<(), LabError> {
        for id in 1..=count {
            let base = FIRST_BROKER_PORT + BROKER_PORT_STEP * (id - 1);
            let name = format!("kafka-{id}");
            let ports = vec![self.offered(&name, base)?, self.internal(base + 1)?];
            let zones = self.zones;
            let zone = zones[usize::from(id - 1) % zones.len()].clone();
            // The controller is no dependency: brokers retry it, and both start side by side.
            self.add(
                &name,
                NodeKind::Broker { id },
                &zone,
                10 + id as u8,
                ports,
                vec![],
            );
        }
        Ok(())
    }

    fn mysql(&mut self, mysql: &Mysql) -> Result<(), LabError> {
        let ports = vec![self.offered("mysql", MYSQL_PORT)?];
        let zone = &mysql.zone;
        self.add("mysql", NodeKind::Mysql, zone, MYSQL_HOST, ports, vec![]);
        let standby = mysql.standby_zone.as_deref();
        let standby = standby.map(|zone| self.seat(zone, MYSQL_HOST));
        if let Some(mysql) = self.nodes.last_mut() {
            mysql.standby = standby;
        }
        Ok(())
    }

    fn registry(&mut self, zone: &str) -> Result<(), LabError> {
        let ports = vec![
            self.offered("registry", REGISTRY_PORT)?,
            self.internal(REGISTRY_MANAGEMENT_PORT)?,
        ];
        self.add("registry", NodeKind::Registry, zone, 41, ports, vec![]);
        Ok(())
    }

    fn redis(&mut self, redis: &Redis) -> Result<(), LabError> {
        let ports = vec![self.offered("redis", REDIS_PORT)?];
        let kind = NodeKind::Redis;
        self.add("redis", kind, &redis.zone, REDIS_HOST, ports, vec![]);
        for (zone, number) in redis.replicas.iter().zip(2_u8..) {
            let name = format!("redis-{number}");
            // The door belongs to whoever is the primary.
            let ports = vec![self.named(&name, REDIS_PORT)?];
            self.add(&name, kind, zone, REDIS_HOST + number - 1, ports, vec![]);
        }
        Ok(())
    }

    /// The API and the emulators behind it.
    fn api(&mut self) -> Result<(), LabError> {
        let ports = vec![
            self.offered(API, API_PORT)?,
            self.internal(API_PORT + 1)?,
            self.internal(API_PORT + 2)?,
        ];
        let zone = self.zones[0].clone();
        self.add(API, NodeKind::Api, &zone, API_HOST, ports, vec![]);
        Ok(())
    }

    /// No agent speaks to the API.
    fn agents(&mut self, agents: &BTreeMap<AgentName, Agent>) -> Result<(), LabError> {
        let servers = self.nodes.iter().filter(|n| n.kind != NodeKind::Api);
        let after: Vec<String> = servers.map(|n| n.name.clone()).collect();
        for (index, (agent, settings)) in agents.iter().enumerate() {
            let name = agent.as_str();
            let port = agent_port(*agent);
            let host = 51 + index as u8;
            let ports = vec![self.offered(name, port)?];
            let kind = NodeKind::Agent;
            self.add(name, kind, &settings.zone, host, ports, after.clone());
            for (zone, instance) in settings.spares.iter().zip(2_u16..) {
                let name = format!("{name}-{instance}");
                // A door of 127.0.0.1 cannot be shared.
                let ports = vec![self.named(&name, port)?];
                let host = host + 10 * (instance as u8 - 1);
                self.add(&name, kind, zone, host, ports, after.clone());
                if let Some(spare) = self.nodes.last_mut() {
                    spare.instance = instance;
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        kind: NodeKind,
        zone: &str,
        host: u8,
        ports: Vec<Listener>,
        after: Vec<String>,
    ) {
        let Seat { zone, back, front } = self.seat(zone, host);
        self.nodes.push(NodeSpec {
            name: name.to_owned(),
            kind,
            zone,
            back,
            front,
            ports,
            after,
            instance: 1,
            standby: None,
            theirs: None,
        });
    }

    fn seat(&self, zone: &str, host: u8) -> Seat {
        let zones = self.zones;
        let number = 1 + zones.iter().position(|z| z == zone).unwrap_or(0) as u8;
        Seat {
            zone: zone.to_owned(),
            back: Ipv4Addr::new(127, 20, number, host),
            front: Ipv4Addr::new(127, 10, number, host),
        }
    }

    fn offered(&self, endpoint: &str, port: u16) -> Result<Listener, LabError> {
        self.listener(Some(endpoint), port, true)
    }

    fn named(&self, endpoint: &str, port: u16) -> Result<Listener, LabError> {
        self.listener(Some(endpoint), port, false)
    }

    fn internal(&self, port: u16) -> Result<Listener, LabError> {
        self.listener(None, port, false)
    }

    fn listener(&self, name: Option<&str>, port: u16, door: bool) -> Result<Listener, LabError> {
        Ok(Listener {
            endpoint: name.map(str::to_owned),
            port: moved(port, self.offset)?,
            door,
        })
    }
}

/// `port` in a lab whose ports are moved by `offset`.
///
/// # Errors
/// When that is out of range.
pub(crate) fn moved(port: u16, offset: u16) -> Result<u16, LabError> {
    let moved = port.checked_add(offset).filter(|p| *p <= LAST_PORT);
    moved.ok_or(LabError::PortOffset(offset, port))
}

fn agent_port(agent: AgentName) -> u16 {
    let [
        command_service,
        query_service,
        outbox_relay,
        consumer_service,
    ] = published::AGENTS;
    match agent {
        AgentName::CommandService => command_service,
        AgentName::QueryService => query_service,
        AgentName::OutboxRelay => outbox_relay,
        AgentName::ConsumerService => consumer_service,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn local(offset: u16) -> Result<Vec<NodeSpec>, LabError> {
        nodes(&LabProfile::load("local").unwrap(), offset)
    }

    #[test]
    fn no_two_listeners_share_an_address() {
        let all: Vec<_> = local(0)
            .unwrap()
            .iter()
            .flat_map(NodeSpec::addresses)
            .collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
    }

    #[test]
    fn two_labs_an_offset_of_1000_apart_share_no_address() {
        let all: Vec<_> = [local(0).unwrap(), local(1000).unwrap()]
            .concat()
            .iter()
            .flat_map(NodeSpec::addresses)
            .collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
    }

    #[test]
    fn every_address_is_loopback_and_zones_have_blocks_of_their_own() {
        for node in local(0).unwrap() {
            assert!(node.addresses().iter().all(|a| a.ip().is_loopback()));
            let zone = ["az-a", "az-b", "az-c"]
                .iter()
                .position(|z| *z == node.zone);
            assert_eq!(usize::from(node.front.octets()[2]), zone.unwrap() + 1);
        }
    }

    #[test]
    fn a_server_and_what_takes_over_from_it_stand_in_different_zones_at_different_addresses() {
        let nodes = local(0).unwrap();
        let mysql = nodes.iter().find(|n| n.name == "mysql").unwrap();
        let redis = nodes.iter().filter(|n| n.kind == NodeKind::Redis).cloned();
        for places in [mysql.seats().collect::<Vec<_>>(), redis.collect()] {
            assert_eq!(places.len(), 2);
            assert_ne!(places[0].zone, places[1].zone);
            assert_ne!(places[0].back_address(0), places[1].back_address(0));
            assert_ne!(places[0].front_address(0), places[1].front_address(0));
        }
    }

    #[test]
    fn an_offset_into_the_ports_of_outgoing_connections_is_refused() {
        for offset in [14_000, 40_000, u16::MAX] {
            assert!(matches!(local(offset), Err(LabError::PortOffset(o, _)) if o == offset));
        }
        assert!(local(13_000).is_ok());
    }
}
