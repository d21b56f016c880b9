//! The agents a runbook can need, their crash points and the settings an arm may change.

use std::fmt;
use std::num::NonZeroU32;

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
            Self::QueryService => &[],
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

/// What an arm can change about consumer-service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerServiceSettings {
    /// What keeps an event that is delivered again from taking effect again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup: Option<Dedup>,
    /// When the offsets of a batch are committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// What keeps readers from being shown what is outdated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalidate: Option<Invalidate>,
}

/// What keeps readers from being shown what is outdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invalidate {
    /// A floor below which nothing is cached any more.
    Versioned,
    /// The cache entry is dropped.
    Del,
    /// Nothing.
    None,
}

/// What an arm can change about query-service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryServiceSettings {
    /// How long a cache entry lives, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_ttl_ms: Option<NonZeroU32>,
    /// Whether entries made together expire together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// Who makes a document that several want.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flight: Option<Flight>,
}

/// Whether entries made together expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ttl {
    /// Each lives a little shorter or longer.
    Jittered,
    /// All live equally long.
    Fixed,
}

/// Who makes a document that several want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flight {
    /// The first; the others wait for it.
    Single,
    /// Each for itself.
    Many,
}

/// What keeps an event that is delivered again from taking effect again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dedup {
    /// Its mark in `processed_event`, written with the effect.
    ProcessedEvent,
    /// Nothing.
    None,
}

/// When the offsets of a batch are committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// After its effects.
    After,
    /// Before its effects.
    Before,
}
