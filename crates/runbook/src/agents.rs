//! The agents a runbook can need, their crash points and the settings an arm may change.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A binary of the pipeline, by the name runbooks use.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Accepts commands over HTTP.
    CommandService,
    /// Carries outbox rows to Kafka.
    OutboxRelay,
    /// Applies events to the read model.
    ConsumerService,
    /// Answers reads.
    QueryService,
}

impl Agent {
    /// Name in runbooks, for example `command_service`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CommandService => "command_service",
            Self::OutboxRelay => "outbox_relay",
            Self::ConsumerService => "consumer_service",
            Self::QueryService => "query_service",
        }
    }

    /// Name of the node in the lab, for example `command-service`.
    pub const fn node(self) -> &'static str {
        match self {
            Self::CommandService => "command-service",
            Self::OutboxRelay => "outbox-relay",
            Self::ConsumerService => "consumer-service",
            Self::QueryService => "query-service",
        }
    }

    /// Points in the agent's code where the supervisor can be asked to kill it.
    pub const fn crash_points(self) -> &'static [&'static str] {
        match self {
            Self::CommandService => &["after_commit"],
            Self::OutboxRelay => &["after_publish"],
            Self::ConsumerService | Self::QueryService => &[],
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an arm can change about command-service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandServiceSettings {
    /// How an accepted command's event reaches Kafka.
    pub publish: Publish,
}

/// How an event leaves the service that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Publish {
    /// As an outbox row of the same transaction, carried by the relay.
    Outbox,
    /// To Kafka by the service itself, after its commit.
    Direct,
}
