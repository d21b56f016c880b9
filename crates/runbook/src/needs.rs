//! What the lab must have for a drill.

use std::borrow::Cow;
use std::num::NonZeroU32;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::agents::{Agent, Instance};

/// What the lab must have for the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Zones that the servers and agents are spread over, where it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zones: Option<NonZeroU32>,
    /// Kafka's size.
    pub kafka: KafkaNeeds,
    /// What MySQL must have beside its primary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mysql: Option<MysqlNeeds>,
    /// What Redis must have beside its primary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<RedisNeeds>,
    /// Agents that must run.
    pub agents: Agents,
}

impl Needs {
    /// Every instance of every agent that must run, the first of each agent first.
    pub fn running(&self) -> impl Iterator<Item = (Agent, Instance)> + '_ {
        let counts = self.agents.0.iter();
        counts.flat_map(|(agent, count)| count.all().map(|number| (*agent, number)))
    }

    /// How many instances of `agent` run: one, unless more are needed.
    pub fn count(&self, agent: Agent) -> Instance {
        self.agents.0.get(&agent).copied().unwrap_or_default()
    }
}

/// What the drill needs of Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaNeeds {
    /// Brokers, numbered from 1.
    pub brokers: NonZeroU32,
}

/// What the drill needs of MySQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MysqlNeeds {
    /// What takes over when the primary's zone is lost.
    pub standby: Standby,
}

/// What takes over from MySQL's primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standby {
    /// A server in another zone that opens what the primary had durably written.
    SharedStorage,
}

/// What the drill needs of Redis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisNeeds {
    /// Replicas of the primary.
    pub replicas: NonZeroU32,
}

/// Agents with the number of instances of each. Written as a list where one of each is enough, as
/// `all`, or as a map from agent to number; shown as that map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Agents(IndexMap<Agent, Instance>);

impl Agents {
    /// Whether `agent` is among them.
    pub fn contains(&self, agent: Agent) -> bool {
        self.0.contains_key(&agent)
    }

    /// Each agent with the number of its instances.
    pub fn iter(&self) -> impl Iterator<Item = (Agent, Instance)> + '_ {
        self.0.iter().map(|(agent, count)| (*agent, *count))
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum All {
    All,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    All(All),
    Each(Vec<Agent>),
    Counts(IndexMap<Agent, Instance>),
}

impl<'de> Deserialize<'de> for Agents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let one = |agent| (agent, Instance::FIRST);
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::All(All::All) => Agent::ALL.into_iter().map(one).collect(),
            Written::Each(agents) => agents.into_iter().map(one).collect(),
            Written::Counts(counts) => counts,
        }))
    }
}

impl JsonSchema for Agents {
    fn schema_name() -> Cow<'static, str> {
        "Agents".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut list = generator.subschema_for::<Vec<Agent>>();
        list.insert("title".to_owned(), "list of agents".into());
        let counts: serde_json::Map<String, serde_json::Value> = Agent::ALL
            .into_iter()
            .map(|agent| {
                let count = generator.subschema_for::<Instance>();
                (agent.name().to_owned(), count.to_value())
            })
            .collect();
        json_schema!({
            "anyOf": [
                list,
                {
                    "type": "string",
                    "title": "word `all`",
                    "const": "all",
                    "examples": ["all"],
                },
                {
                    "type": "object",
                    "title": "map from agent to number",
                    "properties": counts,
                    "additionalProperties": false,
                },
            ]
        })
    }
}
