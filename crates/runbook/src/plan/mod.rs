//! What a drill would do, arm by arm and step by step, and how each step is undone.

mod make;
mod text;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub use make::plan;

use crate::action::{Effect, UndoClass};
use crate::cases::CaseValue;
use crate::format::{Control, Must, Rows};
use crate::needs::Needs;

/// Name and version of the plan's JSON form.
pub const PLAN_SCHEMA: &str = "rlab/plan/v1";

/// What a drill would do.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Plan {
    /// Always [`PLAN_SCHEMA`].
    pub schema: String,
    /// Id of the runbook.
    pub runbook: String,
    /// What is shown, in one line.
    pub title: String,
    /// What this build would have to do for it and cannot do yet, each as the end of the sentence
    /// "this build cannot yet ...". A drill is refused while there is any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_yet: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The claim.
    pub hypothesis: String,
    /// What a pass proves, per profile.
    pub proves: IndexMap<String, String>,
    /// Parameters with their values.
    pub parameters: IndexMap<String, Value>,
    /// What the lab must have.
    pub needs: Needs,
    /// Loads by name, in words; where there are cases, each has its own.
    pub load: IndexMap<String, String>,
    /// Arms in the order in which they run; where there are cases, each has its own.
    pub arms: Vec<ArmPlan>,
    /// Cases in the order in which they run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CasePlan>,
    /// What is sampled at regular times, in words, by the name of the series.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub observe: IndexMap<String, String>,
    /// Conditions that end the drill at once and have it undone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Proof that the faults happened, in every arm.
    pub landed: Vec<String>,
    /// Proof of enough traffic, in every arm.
    pub traffic: Vec<String>,
    /// How old a read may be, for example `2s`; none if that is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<String>,
    /// What must hold between the arms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<String>,
    /// Falsified histories the judge must catch.
    pub controls: Vec<Control>,
    /// A table for the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<TablePlan>,
    /// Series and loads that the report plots over time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plot: Vec<String>,
}

/// What happens in one case.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CasePlan {
    /// Name of the case.
    pub name: String,
    /// What it gives to each name of the matrix.
    pub values: IndexMap<String, CaseValue>,
    /// Loads by name, in words.
    pub load: IndexMap<String, String>,
    /// Arms in the order in which they run.
    pub arms: Vec<ArmPlan>,
}

/// A table for the report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TablePlan {
    /// What has a row.
    pub rows: Rows,
    /// Values, left to right.
    pub columns: Vec<String>,
}

/// What happens in one arm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ArmPlan {
    /// Name of the arm.
    pub name: String,
    /// What it is there for.
    pub must: Must,
    /// Settings by agent that differ from the defaults.
    pub settings: IndexMap<String, Value>,
    /// Its phases in order.
    pub phases: Vec<PhasePlan>,
    /// What it is expected to show.
    pub expect: Vec<String>,
}

/// What happens in one phase.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PhasePlan {
    /// Name of the phase.
    pub name: String,
    /// Least length, for example `2s`.
    #[serde(rename = "for")]
    pub least: Option<String>,
    /// Condition that ends it.
    pub until: Option<String>,
    /// Time allowed for the condition, for example `30s`.
    pub within: Option<String>,
    /// Actions at its start, in order.
    pub steps: Vec<StepPlan>,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepPlan {
    /// Name of the action.
    pub action: String,
    /// What it does, in words.
    pub does: String,
    /// Whether it changes the lab.
    pub effect: Effect,
    /// How the lab gets back.
    pub undo_class: UndoClass,
    /// What undoes it, in words.
    pub undo: String,
    /// IAM actions that it takes on AWS; none where AWS lets nobody do it.
    pub permissions: Option<Vec<&'static str>>,
}
