//! A runbook with its parameters put in: what the planner shows and the runner executes.

use std::num::{NonZeroU32, NonZeroU64};

use indexmap::IndexMap;
use rlab_document::{HumanDuration, Rate};
use serde_json::{Map, Value};

use crate::action::Step;
use crate::agents::Agent;
use crate::expression::Expression;
use crate::format::{Control, Must, Needs};
use crate::load::LoadKind;
use crate::parameter::ParameterValue;

/// One drill, fully determined.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Id of the runbook, for example `E-002`.
    pub id: String,
    /// What is shown, in one line.
    pub title: String,
    /// The claim.
    pub hypothesis: String,
    /// What a pass proves, per profile.
    pub proves: IndexMap<String, String>,
    /// Parameters with their values in this drill.
    pub parameters: IndexMap<String, ParameterValue>,
    /// What the lab must have.
    pub needs: Needs,
    /// Arms by name, in the order in which they run.
    pub arms: IndexMap<String, ResolvedArm>,
    /// Loads by name.
    pub load: IndexMap<String, ResolvedLoad>,
    /// Phases in order.
    pub phases: Vec<ResolvedPhase>,
    /// What must be seen.
    pub expect: ResolvedExpectations,
    /// Falsified histories the judge must catch.
    pub controls: Vec<Control>,
}

/// One variant of the system.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedArm {
    /// What the arm is there for.
    pub must: Must,
    /// Settings that differ from an agent's defaults, as the agent's configuration takes them.
    pub settings: IndexMap<Agent, Map<String, Value>>,
}

/// Traffic of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedLoad {
    /// What is asked for.
    pub kind: LoadKind,
    /// Requests in all; none if it goes on until the phases end. Commands always have one.
    pub count: Option<NonZeroU64>,
    /// Open-loop rate of sending.
    pub rate: Rate,
    /// Distinct aggregates; loads of one drill share them, from the first.
    pub keys: NonZeroU32,
}

/// A named window of the drill.
#[derive(Debug, Clone)]
pub struct ResolvedPhase {
    /// Name, as in `value@name`.
    pub name: String,
    /// Least length.
    pub least: Option<HumanDuration>,
    /// Condition that ends the phase; without one the phase ends after `least`.
    pub until: Option<Until>,
    /// Actions at its start, in order.
    pub steps: Vec<Step>,
}

/// A condition and the time allowed for it, counted from the end of the phase's actions.
#[derive(Debug, Clone)]
pub struct Until {
    /// The condition.
    pub condition: Expression,
    /// Time allowed.
    pub within: HumanDuration,
}

impl Until {
    /// Whether it waits for the pipeline to be drained, which begins when the load has ended.
    pub fn drains(&self) -> bool {
        let values = self.condition.values();
        values.iter().any(|value| value.name == "pipeline.drained")
    }
}

/// What must be seen.
#[derive(Debug, Clone)]
pub struct ResolvedExpectations {
    /// Proof that the faults happened, in every arm.
    pub landed: Vec<Expression>,
    /// Proof of enough traffic, in every arm.
    pub traffic: Vec<Expression>,
    /// How old a read may be; staleness is not judged without it.
    pub stale_after: Option<HumanDuration>,
    /// What each arm shows.
    pub arms: IndexMap<String, Vec<Expression>>,
}
