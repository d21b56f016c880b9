//! Loads as a runbook writes them.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use rlab_document::{HumanDuration, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::argument::Arg;
use crate::load::LoadKind;

/// Traffic of one kind, named by the key that says what is asked for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    #[serde(rename = "http.post")]
    pub http_post: Option<HttpPost>,
    #[serde(rename = "http.get")]
    pub http_get: Option<HttpGet>,
    #[serde(rename = "kafka.produce")]
    pub kafka_produce: Option<Produce>,
    #[serde(rename = "redis.set")]
    pub redis_set: Option<RedisSet>,
    #[serde(rename = "kafka.connect")]
    pub kafka_connect: Option<Connect>,
    /// Phase that it begins with; the first one when left out.
    pub from: Option<String>,
    /// Phase that ends it, once `count` requests were sent; clients that stay connected have none.
    pub to: Option<String>,
    /// Requests in all, or with `to` the fewest. Without `count` and `to` it goes on until the phases end,
    /// which commands may not.
    pub count: Option<Arg<NonZeroU64>>,
    /// Open-loop rate of sending; of the first connections for clients that stay connected.
    pub rate: Arg<Rate>,
    /// Distinct aggregates or keys the requests go to, or clients that stay connected; for reads also the name of the load whose
    /// aggregates they are.
    pub keys: Keys,
}

impl Load {
    /// What it asks for, each with its key; one, unless its author said none or several.
    pub fn asks(&self) -> impl Iterator<Item = LoadKind> {
        let written = [
            (self.http_post.is_some(), LoadKind::Commands),
            (self.http_get.is_some(), LoadKind::Reads),
            (self.kafka_produce.is_some(), LoadKind::Records),
            (self.redis_set.is_some(), LoadKind::Numbers),
            (self.kafka_connect.is_some(), LoadKind::Connections),
        ];
        written
            .into_iter()
            .filter_map(|(there, kind)| there.then_some(kind))
    }

    /// What it asks for; commands, should its author have said nothing.
    pub fn kind(&self) -> LoadKind {
        self.asks().next().unwrap_or(LoadKind::Commands)
    }
}

/// What is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HttpPost {
    /// Commands to command-service, each with its own command id.
    Commands,
}

/// What is got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HttpGet {
    /// Items from query-service.
    Items,
}

/// Records produced to a fresh topic of one partition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Produce {
    /// Name of the topic within the run; loads that name the same share it.
    #[schemars(schema_with = "topic_schema")]
    pub topic: String,
    /// Who must have a record before it counts as written.
    pub acks: Arg<Acks>,
    /// How often the producer tries again; the client library's own number when left out.
    pub retries: Option<Arg<u32>>,
    /// Fewest in-sync replicas that records with `acks: all` are taken with.
    pub min_isr: Option<Arg<NonZeroU32>>,
    /// Whether a replica that is not in sync may lead when no other can.
    pub unclean: Option<Arg<bool>>,
}

fn topic_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "title": "topic name in snake_case",
        "pattern": "^[a-z][a-z0-9_]*$",
        "examples": ["writes"],
    })
}

/// Who must have a record before it counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acks {
    /// Nobody.
    None,
    /// The leader.
    Leader,
    /// Every in-sync replica.
    All,
}

impl fmt::Display for Acks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Leader => "leader",
            Self::All => "all",
        })
    }
}

/// What is written to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RedisSet {
    /// To each key one number more each time.
    Numbered,
}

/// Clients that connect to Kafka and stay.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    /// How a connection that was refused, lost or not answered is tried again.
    pub retry: Arg<Retry>,
    /// How long a client waits for a broker's first answer before it hangs up.
    pub within: Arg<HumanDuration>,
}

/// How a connection is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// At once.
    Immediate,
    /// After a random part of a time that doubles with each failure.
    FullJitter,
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Immediate => "immediate",
            Self::FullJitter => "full_jitter",
        })
    }
}

/// How many aggregates a load goes to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Keys {
    /// So many.
    Number(Arg<NonZeroU32>),
    /// As many as the load of this name.
    Of(#[schemars(schema_with = "load_name_schema")] String),
}

fn load_name_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "title": "name of a load",
        "pattern": "^[a-z][a-z0-9_]*$",
    })
}
