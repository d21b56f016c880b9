//! What a lab tells an agent when it starts it: one JSON document, in a file or in a variable.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::login::{CacheSigning, KafkaLogin, Login, RdsSigning, Secret};

/// Environment variable that names the configuration file of an agent.
pub const CONFIG_FILE_VARIABLE: &str = "RLAB_AGENT_CONFIG";

/// Environment variable that holds the configuration itself, for agents without files of their own.
pub const CONFIG_TEXT_VARIABLE: &str = "RLAB_AGENT_CONFIG_JSON";

/// Everything an agent needs to find its servers, prove who it is and know how to behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Node name in the lab, for example `command-service`.
    pub node: String,
    /// Address the agent's only HTTP listener binds to, `ip:port`.
    pub listen: String,
    /// Where the endpoints are.
    pub addresses: Addresses,
    /// Bearer token of every `/admin` route.
    pub admin_token: Secret,
    /// Supervisor's socket, to which a crash point reports before it is killed.
    pub supervisor_socket: PathBuf,
    /// MySQL endpoint name and identity.
    pub mysql: Login<RdsSigning>,
    /// Redis endpoint name and identity.
    pub redis: Login<CacheSigning>,
    /// Kafka bootstrap endpoints and identity.
    pub kafka: KafkaLogin,
    /// Endpoint name of the schema registry.
    pub registry: String,
    /// Where this agent's data lives, so that one lab serves many isolated runs.
    pub namespace: Namespace,
    /// Crash rules in force at start.
    pub crash_rules: Vec<CrashRule>,
    /// Behaviour switches of the agent, for example `publish = "direct"`.
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// Where the lab's endpoints are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addresses {
    /// In this file, endpoint name → `host:port`, which is read again when it changes.
    File(PathBuf),
    /// Here, and they never change: what moves is what the host names stand for.
    Fixed(BTreeMap<String, Address>),
}

/// Names that keep one run's data apart from another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    /// MySQL schema, for example `rlab` or `rlab_e002_direct_7f3a`.
    pub database: String,
    /// Kafka topic of domain events.
    pub topic: String,
    /// Consumer group.
    pub group: String,
    /// Prefix of every Redis key.
    pub redis_prefix: String,
}

impl Namespace {
    /// The namespace that belongs to `id` (lower case letters, digits, `_`).
    pub fn named(id: &str) -> Self {
        Self {
            database: format!("rlab_{id}"),
            topic: format!("valuation.events.{id}"),
            group: format!("consumer-service.{id}"),
            redis_prefix: format!("{id}:"),
        }
    }
}

/// Kill this process with SIGKILL when `point` has been passed `after_hits` times since start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashRule {
    /// Name of the crash point.
    pub point: String,
    /// Passes that are let through before the kill, counted from process start.
    pub after_hits: u32,
}

/// What a crash point writes to the supervisor's socket, as one line, when its rule is due.
/// The supervisor records it, sends SIGKILL and never answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashReport {
    /// Always `crash_point`: tells this line from the other requests on the socket.
    pub op: String,
    /// Node name.
    pub node: String,
    /// Process id that asks to be killed.
    pub pid: u32,
    /// Name of the crash point.
    pub point: String,
    /// What was in hand, for example the command id.
    pub detail: String,
}
