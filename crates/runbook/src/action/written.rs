//! Actions as a runbook writes them.

use std::borrow::Cow;
use std::num::NonZeroU32;

use rlab_document::HumanDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::compat::Probe;
use super::registry::ACTIONS;
use crate::agents::{Agent, Instance};
use crate::argument::Arg;

/// An action as a runbook writes it: a map with the action's name as its only key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) enum Action {
    #[serde(rename = "crash")]
    Crash(Crash),
    #[serde(rename = "agent.kill")]
    AgentKill(Whom),
    #[serde(rename = "agent.start")]
    AgentStart(Whom),
    #[serde(rename = "broker.kill")]
    BrokerKill(NonZeroU32),
    #[serde(rename = "broker.start")]
    BrokerStart(NonZeroU32),
    #[serde(rename = "broker.pause")]
    BrokerPause(Pause),
    #[serde(rename = "cache.fill")]
    CacheFill(CacheFill),
    #[serde(rename = "failover")]
    Failover(FailoverOf),
    #[serde(rename = "connections.cut")]
    ConnectionsCut(Server),
    #[serde(rename = "access.probe")]
    AccessProbe(AccessProbe),
    #[serde(rename = "compat.probe")]
    CompatProbe(Probe),
}

/// Arguments of `crash`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crash {
    pub agent: Agent,
    /// Which instance of it.
    #[serde(default)]
    pub instance: Instance,
    /// Crash point of the agent.
    pub point: String,
    /// Kills in all; the agent is started again after each.
    pub times: Arg<NonZeroU32>,
}

/// An instance of an agent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whom {
    pub agent: Agent,
    /// Which instance of it.
    #[serde(default)]
    pub instance: Instance,
}

/// Arguments of `broker.pause`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pause {
    /// Numbers of the brokers, from 1.
    #[schemars(length(min = 1))]
    pub brokers: Vec<NonZeroU32>,
    /// After which time they go on.
    #[serde(rename = "for")]
    pub lasts: Arg<HumanDuration>,
}

/// Arguments of `cache.fill`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheFill {
    /// The time that the reads are spread over.
    pub within: Arg<HumanDuration>,
}

/// Argument of `failover`: `mysql`, `redis`, or `kafka: zone_of_old_primary`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum FailoverOf {
    Primary(Primary),
    Broker(BrokerOf),
}

/// A server with a primary.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "server `mysql` or `redis`")]
pub(crate) enum Primary {
    Mysql,
    Redis,
}

/// A server of which there may be several nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "server `kafka`, `mysql` or `redis`")]
pub enum Server {
    /// Every broker.
    Kafka,
    /// MySQL.
    Mysql,
    /// Redis, replicas included.
    Redis,
}

impl Server {
    /// Its name in runbooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
        }
    }
}

/// Arguments of `access.probe`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessProbe {
    /// The rights in force meanwhile.
    pub rights: Arg<Rights>,
}

/// Rights of the agents on the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// Those that the permission model generates.
    AsGenerated,
    /// On Kafka query-service may also read every topic there is.
    WildcardAdded,
    /// On MySQL command-service lacks the right to insert into the outbox.
    RightDropped,
    /// On Redis query-service may also remove every key there is.
    GrantWidened,
}

impl Rights {
    /// Its name in runbooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsGenerated => "as_generated",
            Self::WildcardAdded => "wildcard_added",
            Self::RightDropped => "right_dropped",
            Self::GrantWidened => "grant_widened",
        }
    }
}

/// A broker, by its zone.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "map `kafka: zone_of_old_primary`")]
pub(crate) struct BrokerOf {
    #[serde(rename = "kafka")]
    #[schemars(rename = "kafka")]
    pub _kafka: BrokerZone,
}

/// A zone.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BrokerZone {
    /// The zone where MySQL's primary was when the run began.
    ZoneOfOldPrimary,
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties: serde_json::Map<String, serde_json::Value> = ACTIONS
            .iter()
            .map(|spec| (spec.name.to_owned(), (spec.arguments)(generator).to_value()))
            .collect();
        json_schema!({
            "type": "object",
            "title": "action",
            "properties": properties,
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}
