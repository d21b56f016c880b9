//! The runbook file as it is written.

use std::num::{NonZeroU32, NonZeroU64};

use indexmap::IndexMap;
use rlab_document::{HumanDuration, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::agents::{
    Agent, CommandServiceSettings, ConsumerServiceSettings, Instance, QueryServiceSettings,
};
use crate::argument::Arg;
use crate::load::LoadKind;
use crate::parameter::Parameter;

/// One drill, described.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunbookText {
    #[serde(rename = "schema")]
    #[schemars(rename = "schema")]
    pub _schema: SchemaName,
    /// Letter and number of the drill in the catalogue.
    #[schemars(schema_with = "id_schema")]
    pub id: String,
    /// What is shown, in one line.
    pub title: String,
    /// What is claimed and what would refute it.
    pub hypothesis: String,
    /// What a pass proves, and what it does not, per profile.
    pub proves: IndexMap<String, String>,
    /// Values that one drill can change.
    #[serde(default)]
    pub params: IndexMap<String, Parameter>,
    /// What the lab must have.
    pub needs: Needs,
    /// Variants of the system, each put through all phases.
    pub arms: IndexMap<String, Arm>,
    /// Traffic, running across all phases.
    pub load: IndexMap<String, Load>,
    /// Named windows of the drill, one after the other.
    #[schemars(length(min = 1))]
    pub phases: Vec<Phase>,
    /// What must be seen.
    pub expect: Expect,
    /// Falsified histories which the judge must catch, so that its silence means something.
    #[serde(default)]
    pub controls: Vec<Control>,
}

/// Name and version of this format.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) enum SchemaName {
    #[serde(rename = "rlab/runbook/v1")]
    V1,
}

fn id_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "title": "drill id",
        "pattern": "^[A-Z]-[0-9]{3}$",
        "examples": ["E-002"],
    })
}

/// What the lab must have for the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Kafka's size.
    pub kafka: KafkaNeeds,
    /// Agents that must run.
    pub agents: Vec<Agent>,
    /// How many of an agent must run side by side, where it is not one; they are started on demand.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub instances: IndexMap<Agent, Instance>,
}

impl Needs {
    /// Every instance of every agent that must run, the first of each agent first.
    pub fn running(&self) -> impl Iterator<Item = (Agent, Instance)> + '_ {
        self.agents
            .iter()
            .flat_map(|agent| self.count(*agent).all().map(|number| (*agent, number)))
    }

    /// How many instances of `agent` must run.
    pub fn count(&self, agent: Agent) -> Instance {
        self.instances.get(&agent).copied().unwrap_or_default()
    }
}

/// What the drill needs of Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaNeeds {
    /// Brokers, numbered from 1.
    pub brokers: NonZeroU32,
}

/// One variant of the system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    pub must: Must,
    pub command_service: Option<CommandServiceSettings>,
    pub consumer_service: Option<ConsumerServiceSettings>,
    pub query_service: Option<QueryServiceSettings>,
}

/// What an arm is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// The wrong way: its expectations describe the failure, and its silence decides nothing.
    ShowFailure,
    /// The right way: its expectations are the claim.
    Hold,
    /// Only measured.
    Measure,
}

/// Traffic of one kind: `http.post` or `http.get`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    #[serde(rename = "http.post")]
    pub http_post: Option<HttpPost>,
    #[serde(rename = "http.get")]
    pub http_get: Option<HttpGet>,
    /// Requests in all. Reads may do without: they then go on until the phases end.
    pub count: Option<Arg<NonZeroU64>>,
    /// Open-loop rate of sending.
    pub rate: Arg<Rate>,
    /// Distinct aggregates the requests go to; for reads also the name of the load whose aggregates
    /// they are.
    pub keys: Keys,
}

impl Load {
    /// What it asks for; commands, should its author have said both or nothing.
    pub const fn kind(&self) -> LoadKind {
        match (self.http_post, self.http_get) {
            (None, Some(HttpGet::Items)) => LoadKind::Reads,
            (Some(HttpPost::Commands) | None, _) => LoadKind::Commands,
        }
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

/// A named window of the drill.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phase {
    pub name: String,
    /// Least length; with `until` the condition is awaited after it.
    #[serde(rename = "for")]
    pub least: Option<Arg<HumanDuration>>,
    /// Condition that ends the phase.
    pub until: Option<String>,
    /// Time allowed for `until`.
    pub within: Option<Arg<HumanDuration>>,
    /// Actions at the start of the phase, in order.
    #[serde(rename = "do", default)]
    pub steps: Vec<Action>,
}

/// What must be seen; one comparison per entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Proof that the faults happened, in every arm.
    #[schemars(length(min = 1))]
    pub landed: Vec<String>,
    /// Proof that there was enough traffic to tell, in every arm.
    #[schemars(length(min = 1))]
    pub traffic: Vec<String>,
    /// How old a read may be: a read sent this long after a newer version had been shown is stale.
    pub stale_after: Option<Arg<HumanDuration>>,
    /// What each arm shows.
    pub arms: IndexMap<String, Vec<String>>,
}

/// A way to falsify a recorded snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Take one event's effect away: the judge must report it lost.
    DropOneEvent,
    /// Double one record: the judge must report it published twice.
    DoubleOneRecord,
    /// Double one effect: the judge must report it applied twice.
    DoubleOneEffect,
    /// Exchange two records of an item: the judge must report them reordered.
    SwapTwoRecords,
    /// Exchange two effects of an item: the judge must report them reordered.
    SwapTwoEffects,
    /// Change what one record says: the judge must report it altered.
    AlterOnePayload,
    /// Add a record nobody asked for: the judge must report it unknown.
    InventOneEvent,
    /// Show one item as it was before: the judge must report it stale.
    AgeOneCacheEntry,
}

impl Control {
    /// Name in runbooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropOneEvent => "drop_one_event",
            Self::DoubleOneRecord => "double_one_record",
            Self::DoubleOneEffect => "double_one_effect",
            Self::SwapTwoRecords => "swap_two_records",
            Self::SwapTwoEffects => "swap_two_effects",
            Self::AlterOnePayload => "alter_one_payload",
            Self::InventOneEvent => "invent_one_event",
            Self::AgeOneCacheEntry => "age_one_cache_entry",
        }
    }
}
