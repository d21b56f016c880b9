//! The runbook file as it is written.

mod expect;
mod load;

use indexmap::IndexMap;
use rlab_document::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::argument::Arg;
use crate::cases::CaseValue;
use crate::needs::Needs;
use crate::parameter::Parameter;
use crate::probe::Probe;
use crate::settings::{
    AgentSettings, CommandServiceSettings, ConsumerServiceSettings, QueryServiceSettings,
};

pub use expect::Control;
pub(crate) use expect::Expect;
pub use load::{Acks, Retry};
pub(crate) use load::{Connect, Keys, Load, Produce};

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
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// What is claimed and what would refute it.
    pub hypothesis: String,
    /// What a pass proves, and what it does not, per profile.
    pub proves: IndexMap<String, String>,
    /// Values that one drill can change.
    #[serde(default)]
    pub params: IndexMap<String, Parameter>,
    /// What the lab must have.
    pub needs: Needs,
    /// Variants of the system, each put through all phases. Without any there is one, called
    /// `only`, and the cases say what it must do.
    #[serde(default)]
    pub arms: IndexMap<String, Arm>,
    /// Lists of values; every combination of them is a case, and each arm goes through all cases.
    #[serde(default)]
    pub cases: IndexMap<String, CaseList>,
    /// Traffic, running across all phases.
    pub load: IndexMap<String, Load>,
    /// Named windows of the drill, one after the other.
    #[schemars(length(min = 1))]
    pub phases: Vec<Phase>,
    /// Values sampled at regular times, across all phases.
    #[serde(default)]
    pub observe: IndexMap<String, Series>,
    /// Conditions that end the drill at once and have it undone.
    #[serde(default)]
    pub stop: Vec<String>,
    /// What must be seen.
    pub expect: Expect,
    /// Falsified histories which the judge must catch, so that its silence means something.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// A table for the report.
    pub table: Option<Table>,
    /// Series and loads that the report plots over time.
    #[serde(default)]
    pub plot: Vec<String>,
}

/// The values of one name of the matrix.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct CaseList(#[schemars(length(min = 1))] pub Vec<CaseValue>);

/// A word to find a runbook by.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Tag(#[schemars(schema_with = "tag_schema")] pub String);

fn tag_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "title": "tag in snake_case",
        "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        "examples": ["crash", "read_model"],
    })
}

/// A value sampled at regular times.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series {
    /// What is sampled.
    pub probe: Probe,
    /// Time between two samples.
    pub every: Arg<HumanDuration>,
}

/// A table for the report.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// What has a row.
    pub rows: Rows,
    /// Values, each perhaps of a phase: `w.accepted@steady`.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
}

/// What has a row in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// Each arm.
    Arm,
    /// Each case of each arm.
    Case,
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
        "pattern": "^[A-Z](-[0-9]{3}[A-Z]?|[0-9]{2})$",
        "examples": ["E-002"],
    })
}

/// One variant of the system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    pub must: Must,
    /// Of every agent of the drill.
    pub agents: Option<AgentSettings>,
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

impl Must {
    /// As the end of a sentence: the arm ..., for example `must hold`.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::ShowFailure => "must show the failure",
            Self::Hold => "must hold",
            Self::Measure => "is measured",
        }
    }
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
