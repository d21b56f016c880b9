//! The agents a runbook can need, and their crash points.

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
    /// Every agent.
    pub const ALL: [Self; 4] = [
        Self::CommandService,
        Self::OutboxRelay,
        Self::ConsumerService,
        Self::QueryService,
    ];

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

    /// Name of the node that is its `instance`, counted from 1.
    pub fn instance_node(self, instance: Instance) -> String {
        match instance.get() {
            1 => self.node().to_owned(),
            later => format!("{}-{later}", self.node()),
        }
    }

    /// Points in the agent's code where the supervisor can be asked to kill it.
    pub const fn crash_points(self) -> &'static [&'static str] {
        match self {
            Self::CommandService => &["before_commit", "after_commit", "before_answer"],
            Self::OutboxRelay => &["after_claim", "after_publish", "after_settle"],
            Self::ConsumerService => &[
                "after_gather",
                "before_effect",
                "after_effect",
                "after_invalidate",
                "after_commit",
            ],
            Self::QueryService => &["after_read", "after_store"],
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Number of an agent's instance, or how many there are of it: 1 to 4.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Instance(#[schemars(range(min = 1, max = 4))] u16);

impl Instance {
    /// The one that is always there.
    pub const FIRST: Self = Self(1);

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Every instance up to this one.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (1..=self.0).map(Self)
    }
}

impl Default for Instance {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
