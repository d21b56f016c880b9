//! What a lab tells an agent when it starts it: one JSON file, readable by its owner only.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Environment variable that names the configuration file of an agent.
pub const CONFIG_FILE_VARIABLE: &str = "RLAB_AGENT_CONFIG";

/// Everything an agent needs to find its servers, prove who it is and know how to behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Node name in the lab, for example `command-service`.
    pub node: String,
    /// Address the agent's only HTTP listener binds to, `ip:port`.
    pub listen: String,
    /// File holding the lab's address map (endpoint name → `ip:port`), read again when it changes.
    pub address_map: PathBuf,
    /// Bearer token of every `/admin` route.
    pub admin_token: Secret,
    /// Supervisor's socket, to which a crash point reports before it is killed.
    pub supervisor_socket: PathBuf,
    /// MySQL endpoint name and identity.
    pub mysql: Login,
    /// Redis endpoint name and identity.
    pub redis: Login,
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

/// A text that is kept out of logs: it prints as `***` and is read by [`Secret::expose`] only. It is
/// written out in full when serialized, since that is how a lab tells it to an agent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the server that asks for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A server reached by its endpoint name, and who we are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Name in the address map.
    pub endpoint: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// Kafka bootstrap endpoints and the SCRAM-SHA-512 principal used over SASL_PLAINTEXT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaLogin {
    /// Names in the address map.
    pub endpoints: Vec<String>,
    /// SCRAM user name.
    pub user: String,
    /// SCRAM password.
    pub password: Secret,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_to_an_agent_and_to_no_log() {
        let login = Login {
            endpoint: "mysql".into(),
            user: "m".into(),
            password: "secret-word".into(),
        };
        assert!(!format!("{login:?}").contains("secret-word"));
        let json = serde_json::to_string(&login).unwrap();
        assert!(json.contains(r#""password":"secret-word""#), "{json}");
        assert_eq!(serde_json::from_str::<Login>(&json).unwrap(), login);
    }
}
