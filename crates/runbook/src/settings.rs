//! The settings of agents that an arm may change, and which of them agents understand.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the registry knows of a setting.
#[derive(Debug, Clone, Copy)]
pub struct SettingSpec {
    /// Key of the arm that it stands under: an agent, or `agents` for every agent of the drill.
    pub of: &'static str,
    /// Name.
    pub name: &'static str,
    /// What it decides, in one line.
    pub summary: &'static str,
    /// The values that no agent of this build understands yet.
    pub not_yet: &'static [&'static str],
}

const fn setting(of: &'static str, name: &'static str, summary: &'static str) -> SettingSpec {
    SettingSpec {
        of,
        name,
        summary,
        not_yet: &[],
    }
}

/// Every setting.
pub static SETTINGS: &[SettingSpec] = &[
    setting(
        "command_service",
        "publish",
        "how an accepted command's event reaches Kafka: outbox or direct",
    ),
    setting(
        "consumer_service",
        "dedup",
        "what keeps an event from taking effect again: processed_event or none",
    ),
    setting(
        "consumer_service",
        "commit",
        "when the offsets of a batch are committed: after or before its effects",
    ),
    setting(
        "consumer_service",
        "invalidate",
        "what keeps readers from what is outdated: versioned, del or none",
    ),
    setting(
        "query_service",
        "cache_ttl_ms",
        "how long a cache entry lives, milliseconds",
    ),
    SettingSpec {
        not_yet: &["soft"],
        ..setting(
            "query_service",
            "ttl",
            "whether entries made together expire together: jittered, fixed or soft",
        )
    },
    setting(
        "query_service",
        "flight",
        "who makes a document that several want: single or many",
    ),
    setting(
        "agents",
        "resolve",
        "when a server's name is turned into its address: once or each_connect",
    ),
];

/// What an arm can change about every agent of the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// When a server's name is turned into its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve: Option<Resolve>,
}

/// When a server's name is turned into its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolve {
    /// When the agent starts.
    Once,
    /// With every connection.
    EachConnect,
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
    /// Each is made anew before its time is up, while it goes on being shown.
    Soft,
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
