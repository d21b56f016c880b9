//! What a drill would do, arm by arm and step by step, and how each step is undone.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::action::{Effect, Step, UndoClass};
use crate::cases::CaseValue;
use crate::expression::Expression;
use crate::format::{Control, Must, Rows};
use crate::load::LoadKind;
use crate::needs::Needs;
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

/// Plans a drill. The runner executes the same [`Resolved`].
pub fn plan(resolved: &Resolved) -> Plan {
    let parameters = resolved.parameters.iter().map(|(name, value)| {
        let json = serde_json::to_value(value).unwrap_or_default();
        (name.clone(), json)
    });
    let by_case = !resolved.cases.is_empty();
    let series = resolved.observe.iter().map(|series| {
        let words = format!("{} every {}", series.probe.name(), series.every);
        (series.name.clone(), words)
    });
    let expect = &resolved.expect;
    Plan {
        schema: PLAN_SCHEMA.to_owned(),
        runbook: resolved.id.clone(),
        title: resolved.title.clone(),
        not_yet: resolved.not_yet(),
        tags: resolved.tags.clone(),
        hypothesis: resolved.hypothesis.clone(),
        proves: resolved.proves.clone(),
        parameters: parameters.collect(),
        needs: resolved.needs.clone(),
        load: if by_case {
            IndexMap::new()
        } else {
            loads(resolved)
        },
        arms: if by_case { Vec::new() } else { arms(resolved) },
        cases: cases(resolved),
        observe: series.collect(),
        stop: texts(&resolved.stop),
        landed: texts(&expect.landed),
        traffic: texts(&expect.traffic),
        stale_after: expect.stale_after.map(|bound| bound.to_string()),
        compare: expect.compare.iter().map(|c| c.text().to_owned()).collect(),
        controls: resolved.controls.clone(),
        table: resolved.table.as_ref().map(|table| TablePlan {
            rows: table.rows,
            columns: table.columns.iter().map(ToString::to_string).collect(),
        }),
        plot: resolved.plot.clone(),
    }
}

fn cases(resolved: &Resolved) -> Vec<CasePlan> {
    let cases = resolved.cases.iter();
    cases
        .filter_map(|(name, case)| {
            let drill = resolved.in_case(name)?;
            Some(CasePlan {
                name: name.clone(),
                values: case.values.clone(),
                load: loads(&drill),
                arms: arms(&drill),
            })
        })
        .collect()
}

fn loads(drill: &Resolved) -> IndexMap<String, String> {
    let loads = drill.load.iter();
    loads
        .map(|(name, load)| (name.clone(), in_words(load)))
        .collect()
}

fn arms(drill: &Resolved) -> Vec<ArmPlan> {
    let phases: Vec<PhasePlan> = drill.phases.iter().map(phase).collect();
    let arms = drill.arms.iter().map(|(name, arm)| ArmPlan {
        name: name.clone(),
        must: arm.must,
        settings: arm
            .settings
            .iter()
            .map(|(agent, settings)| (agent.to_string(), Value::Object(settings.clone())))
            .collect(),
        phases: phases.clone(),
        expect: drill
            .expect
            .arms
            .get(name)
            .map_or_else(Vec::new, |list| texts(list)),
    });
    arms.collect()
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
        permissions: step.permissions(),
    }
}

fn in_words(load: &ResolvedLoad) -> String {
    let verb = load.kind.spec().name;
    let what = match load.kind {
        LoadKind::Reads => "items",
        kind => kind.describe(),
    };
    let (rate, keys) = (load.rate, load.keys);
    let mut words = match load.count {
        Some(count) => format!("{verb} {count} {what} at {rate} over {keys} keys"),
        None => format!("{verb} {what} at {rate} over {keys} keys until the phases end"),
    };
    let Some(produce) = &load.produce else {
        return words;
    };
    words += &format!(", topic {}, acks {}", produce.topic, produce.acks);
    if let Some(retries) = produce.retries {
        words += &format!(", {retries} retries");
    }
    if let Some(least) = produce.min_isr {
        words += &format!(", min ISR {least}");
    }
    if produce.unclean {
        words += ", unclean election";
    }
    words
}

fn texts(expressions: &[Expression]) -> Vec<String> {
    expressions.iter().map(Expression::to_string).collect()
}
