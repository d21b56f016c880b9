//! The profile file: where a lab lives and how large its servers are.

mod any;
mod composed;
mod external;
mod fault;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::LabError;

pub use any::{LabProfile, engine_of};
pub use composed::Composed;
pub(crate) use external::SignedFor;
pub use external::{
    Engine as ExternalEngine, External, KafkaIam, MysqlIam, RedisIam, TheirCache, TheirKafka,
    TheirLogin, TheirMysql, TheirRedis, TheirRegistry, Tls,
};
pub use fault::Fault;

/// Agents that a profile may deploy.
pub const AGENTS: [&str; 4] = [
    "command-service",
    "outbox-relay",
    "consumer-service",
    "query-service",
];

/// A profile whose servers run on this machine, as its TOML file says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Format of the file.
    pub schema: ProfileSchema,
    /// Name, as used with `--profile`.
    pub name: String,
    /// How the lab is brought up.
    pub engine: Engine,
    /// Availability zones, one to eight; each gets a loopback block of its own.
    #[schemars(length(min = 1, max = 8))]
    pub zones: Vec<String>,
    /// The Kafka cluster.
    pub kafka: Kafka,
    /// The MySQL server.
    pub mysql: Mysql,
    /// The Redis servers.
    pub redis: Redis,
    /// The schema registry.
    pub registry: Registry,
    /// An AWS API in front of the servers; none unless it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Agents of the pipeline, by node name.
    pub agents: BTreeMap<AgentName, Agent>,
}

/// Format of a profile file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProfileSchema {
    /// The first one.
    #[serde(rename = "rlab/profile/v1")]
    V1,
}

/// How a profile is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Real servers as child processes of this machine.
    Process,
}

/// An agent that can be deployed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AgentName {
    /// Accepts commands.
    CommandService,
    /// Publishes the outbox.
    OutboxRelay,
    /// Applies events.
    ConsumerService,
    /// Answers reads.
    QueryService,
}

impl AgentName {
    /// Node name.
    pub fn as_str(self) -> &'static str {
        AGENTS[self as usize]
    }
}

/// File name of the binary behind the agent node `node`.
pub fn agent_binary(node: &str) -> String {
    format!("rlab-{node}")
}

/// The Kafka cluster: brokers and one separate controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Brokers, one per zone in turn.
    #[schemars(range(min = 1, max = 5))]
    pub brokers: u16,
    /// `min.insync.replicas` of every topic.
    #[schemars(range(min = 1, max = 5))]
    pub min_insync_replicas: u16,
    /// Java heap of each broker, MiB.
    #[schemars(range(min = 128, max = 65536))]
    pub heap_mib: u32,
    /// Java heap of the controller, MiB.
    #[schemars(range(min = 64, max = 65536))]
    pub controller_heap_mib: u32,
}

/// The MySQL server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mysql {
    /// Zone of the primary.
    pub zone: String,
    /// Zone where the same storage can be served under another address; nothing runs there until a
    /// failover.
    #[serde(default)]
    pub standby_zone: Option<String>,
    /// `innodb_buffer_pool_size`, MiB.
    #[schemars(range(min = 32, max = 65536))]
    pub buffer_pool_mib: u32,
    /// `max_connections`.
    #[schemars(range(min = 32, max = 10000))]
    pub max_connections: u32,
}

/// The Redis servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Zone of the primary.
    pub zone: String,
    /// Zones of its replicas.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub replicas: Vec<String>,
    /// `maxmemory` of each server, MiB.
    #[schemars(range(min = 16, max = 65536))]
    pub max_memory_mib: u32,
}

/// The schema registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// Zone it runs in.
    pub zone: String,
    /// Java heap, MiB.
    #[schemars(range(min = 64, max = 65536))]
    pub heap_mib: u32,
}

/// An AWS API on loopback, whose servers are those of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Account that it plays.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: String,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Zone it runs in.
    pub zone: String,
    /// Zones of further instances, which stay down until a drill or `node start` wants them.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub spares: Vec<String>,
    /// Behaviour switches handed to the agent, for example `publish = "outbox"`.
    #[serde(default)]
    pub settings: BTreeMap<String, serde_json::Value>,
}

impl Profile {
    /// Reads a profile from `text`; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn parse(file: &str, text: &str) -> Result<Self, LabError> {
        let document = rlab_document::read_toml::<Self>(file, text)?;
        let mut problems = Vec::new();
        let profile = &document.value;
        let zones = [
            ("/mysql/zone".to_owned(), &profile.mysql.zone),
            ("/redis/zone".to_owned(), &profile.redis.zone),
            ("/registry/zone".to_owned(), &profile.registry.zone),
        ];
        let standby = profile.mysql.standby_zone.iter();
        let standby = standby.map(|zone| ("/mysql/standby_zone".to_owned(), zone));
        let replicas = profile.redis.replicas.iter().enumerate();
        let replicas = replicas.map(|(i, zone)| (format!("/redis/replicas/{i}"), zone));
        let agent_zones = profile
            .agents
            .iter()
            .map(|(name, agent)| (format!("/agents/{}/zone", name.as_str()), &agent.zone));
        let spare_zones = profile.agents.iter().flat_map(|(name, agent)| {
            let zones = agent.spares.iter().enumerate();
            zones.map(|(i, zone)| (format!("/agents/{}/spares/{i}", name.as_str()), zone))
        });
        let servers = zones.into_iter().chain(standby).chain(replicas);
        for (pointer, zone) in servers.chain(agent_zones).chain(spare_zones) {
            if !profile.zones.contains(zone) {
                problems.push(document.problem(
                    &pointer,
                    &format!("unknown zone `{zone}`"),
                    Some(format!(
                        "zones of this profile: {}",
                        profile.zones.join(", ")
                    )),
                ));
            }
        }
        if profile.kafka.min_insync_replicas > profile.kafka.brokers {
            problems.push(document.problem(
                "/kafka/min_insync_replicas",
                "more in-sync replicas are required than there are brokers",
                Some(format!("at most {}", profile.kafka.brokers)),
            ));
        }
        if profile.mysql.standby_zone.as_ref() == Some(&profile.mysql.zone) {
            problems.push(document.problem(
                "/mysql/standby_zone",
                "the standby would be lost with the primary's zone",
                Some("name another zone, or leave it out".to_owned()),
            ));
        }
        match problems.is_empty() {
            true => Ok(document.value),
            false => Err(document.errors(problems).into()),
        }
    }
}
