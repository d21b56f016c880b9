//! Profiles with `engine = "external"`: servers that are there already and belong to somebody else.
//!
//! Passwords are never in the file: it names the file or the environment variable that has one, or says that
//! tokens of AWS take their place.

mod checks;
mod login;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Agent, AgentName, Fault, ProfileSchema};
use crate::error::LabError;

pub(super) use checks::Checks;
pub(crate) use login::SignedFor;
pub use login::{KafkaIam, MysqlIam, RedisIam, TheirCache, TheirLogin};

/// A profile of servers that the lab does not run, as its TOML file says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Format of the file.
    pub schema: ProfileSchema,
    /// Name, as used with `--profile`.
    pub name: String,
    /// How the lab is brought up.
    pub engine: Engine,
    /// Zones of agents and registry, one to eight; each gets a loopback block of its own.
    #[schemars(length(min = 1, max = 8))]
    pub zones: Vec<String>,
    /// Faults that drills may inject into the servers; none unless they are named. Agents are the lab's own,
    /// and theirs are always allowed.
    #[serde(default)]
    pub allow: Vec<Fault>,
    /// Whether these servers stand in for others, which reports then say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsed: bool,
    /// File that says where servers are now, by node name: `{ "mysql": "host:port", … }`. For servers that move
    /// and whose names do not lead after them; read again for each connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_map: Option<PathBuf>,
    /// The Kafka cluster.
    pub kafka: TheirKafka,
    /// The MySQL server.
    pub mysql: TheirMysql,
    /// The Redis servers.
    pub redis: TheirRedis,
    /// The schema registry: a process of the lab, or somebody's.
    pub registry: TheirRegistry,
    /// Agents of the pipeline, by node name.
    pub agents: BTreeMap<AgentName, Agent>,
}

/// How a profile is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The servers are there; agents are processes of this machine.
    External,
}

/// A Kafka cluster. Its topics have three copies, which takes three brokers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheirKafka {
    /// `host:port` of every broker. Clients then go where the brokers advertise themselves.
    #[schemars(length(min = 3, max = 15))]
    pub brokers: Vec<String>,
    /// As whom to log in, by SCRAM-SHA-512 or by a token; left out where brokers ask nobody.
    pub login: Option<TheirLogin<KafkaIam>>,
    /// TLS; none when it is left out.
    pub tls: Option<Tls>,
}

/// A MySQL server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheirMysql {
    /// `host:port` of the writer.
    pub address: String,
    /// As whom to log in.
    pub login: TheirLogin<MysqlIam>,
    /// TLS; none when it is left out.
    pub tls: Option<Tls>,
}

/// Redis servers, not a Redis Cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheirRedis {
    /// `host:port` of the primary, then of its replicas.
    #[schemars(length(min = 1, max = 5))]
    pub addresses: Vec<String>,
    /// As whom to log in; left out where nobody is asked. A password alone is that of the user `default`.
    pub login: Option<TheirLogin<RedisIam>>,
    /// TLS; none when it is left out.
    pub tls: Option<Tls>,
}

/// A schema registry with Confluent's API: either `address`, or `zone` and `heap_mib`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheirRegistry {
    /// `host:port` of somebody's, who is asked by HTTP and wants no login.
    pub address: Option<String>,
    /// Zone of the lab's own.
    pub zone: Option<String>,
    /// Java heap of the lab's own, MiB.
    #[schemars(range(min = 64, max = 65536))]
    pub heap_mib: Option<u32>,
}

/// TLS. The server shows a certificate for the very host that the profile names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// File with the certificate of the authority, PEM; those that the system trusts when it is left out.
    pub ca: Option<PathBuf>,
}

impl External {
    /// Reads a profile from `text`; `file` names it in mistakes. The files and variables that it names are
    /// looked for.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn parse(file: &str, text: &str) -> Result<Self, LabError> {
        let document = rlab_document::read_toml::<Self>(file, text)?;
        let profile = &document.value;
        let mut checks = Checks::of(&document);
        checks.faults(&profile.allow);
        checks.zones(
            &profile.zones,
            profile.registry.zone.as_ref(),
            &profile.agents,
        );
        checks.addresses("/kafka/brokers", &profile.kafka.brokers);
        checks.address("/mysql/address", &profile.mysql.address);
        checks.addresses("/redis/addresses", &profile.redis.addresses);
        checks.registry(&profile.registry);
        checks.address_map(profile.address_map.as_ref(), &profile.registry);
        let (kafka, mysql, redis) = (&profile.kafka, &profile.mysql, &profile.redis);
        checks.login("/kafka/login", kafka.login.as_ref(), kafka.tls.is_some());
        checks.login("/mysql/login", Some(&mysql.login), mysql.tls.is_some());
        checks.login("/redis/login", redis.login.as_ref(), redis.tls.is_some());
        let protections = [
            ("/kafka", &kafka.tls),
            ("/mysql", &mysql.tls),
            ("/redis", &redis.tls),
        ];
        for (server, tls) in protections {
            checks.tls(&format!("{server}/tls/ca"), tls.as_ref());
        }
        checks.passed()?;
        Ok(document.value)
    }
}

impl TheirRegistry {
    /// Zone and heap in MiB of the lab's own; none where it is somebody's.
    pub fn ours(&self) -> Option<(&str, u32)> {
        self.zone.as_deref().zip(self.heap_mib)
    }
}

#[cfg(test)]
mod tests;
