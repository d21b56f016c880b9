//! What a drill would do, arm by arm and step by step, and how each step is undone.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::action::{Effect, Step, UndoClass};
use crate::expression::Expression;
use crate::format::{Control, Must, Needs};
use crate::load::LoadKind;
use crate::resolved::{Resolved, ResolvedLoad, ResolvedPhase};

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
    /// The claim.
    pub hypothesis: String,
    /// What a pass proves, per profile.
    pub proves: IndexMap<String, String>,
    /// Parameters with their values.
    pub parameters: IndexMap<String, Value>,
    /// What the lab must have.
    pub needs: Needs,
    /// Loads by name, in words.
    pub load: IndexMap<String, String>,
    /// Arms in the order in which they run.
    pub arms: Vec<ArmPlan>,
    /// Proof that the faults happened, in every arm.
    pub landed: Vec<String>,
    /// Proof of enough traffic, in every arm.
    pub traffic: Vec<String>,
    /// How old a read may be, for example `2s`; none if that is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<String>,
    /// Falsified histories the judge must catch.
    pub controls: Vec<Control>,
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
}

/// Plans a drill. The runner executes the same [`Resolved`].
pub fn plan(resolved: &Resolved) -> Plan {
    let phases: Vec<PhasePlan> = resolved.phases.iter().map(phase).collect();
    let arms = resolved.arms.iter().map(|(name, arm)| ArmPlan {
        name: name.clone(),
        must: arm.must,
        settings: arm
            .settings
            .iter()
            .map(|(agent, settings)| (agent.to_string(), Value::Object(settings.clone())))
            .collect(),
        phases: phases.clone(),
        expect: resolved
            .expect
            .arms
            .get(name)
            .map_or_else(Vec::new, |list| texts(list)),
    });
    let parameters = resolved.parameters.iter().map(|(name, value)| {
        let json = serde_json::to_value(value).unwrap_or_default();
        (name.clone(), json)
    });
    let load = resolved.load.iter();
    Plan {
        schema: PLAN_SCHEMA.to_owned(),
        runbook: resolved.id.clone(),
        title: resolved.title.clone(),
        hypothesis: resolved.hypothesis.clone(),
        proves: resolved.proves.clone(),
        parameters: parameters.collect(),
        needs: resolved.needs.clone(),
        load: load
            .map(|(name, load)| (name.clone(), in_words(load)))
            .collect(),
        arms: arms.collect(),
        landed: texts(&resolved.expect.landed),
        traffic: texts(&resolved.expect.traffic),
        stale_after: resolved.expect.stale_after.map(|bound| bound.to_string()),
        controls: resolved.controls.clone(),
    }
}

fn phase(phase: &ResolvedPhase) -> PhasePlan {
    let until = phase.until.as_ref();
    PhasePlan {
        name: phase.name.clone(),
        least: phase.least.map(|least| least.to_string()),
        until: until.map(|until| until.condition.to_string()),
        within: until.map(|until| until.within.to_string()),
        steps: phase.steps.iter().map(step).collect(),
    }
}

fn step(step: &Step) -> StepPlan {
    let spec = step.spec();
    StepPlan {
        action: spec.name.to_owned(),
        does: step.describe(),
        effect: spec.effect,
        undo_class: spec.undo,
        undo: step.undo(),
    }
}

fn in_words(load: &ResolvedLoad) -> String {
    let (verb, what) = match load.kind {
        LoadKind::Commands => ("http.post", "commands"),
        LoadKind::Reads => ("http.get", "items"),
    };
    let (rate, keys) = (load.rate, load.keys);
    match load.count {
        Some(count) => format!("{verb} {count} {what} at {rate} over {keys} keys"),
        None => format!("{verb} {what} at {rate} over {keys} keys until the phases end"),
    }
}

fn texts(expressions: &[Expression]) -> Vec<String> {
    expressions.iter().map(Expression::to_string).collect()
}
