//! A runbook with its parameters put in: what the planner shows and the runner executes.

use std::num::{NonZeroU32, NonZeroU64};

use indexmap::IndexMap;
use rlab_document::{HumanDuration, Rate};
use serde_json::{Map, Value};

use crate::action::Step;
use crate::agents::Agent;
use crate::cases::CaseValue;
use crate::expression::{Comparison, Expression, ValueRef};
use crate::format::{Acks, Control, Must, Retry, Rows};
use crate::load::LoadKind;
use crate::needs::Needs;
use crate::parameter::ParameterValue;
use crate::probe::Probe;

/// One drill, fully determined.
///
/// Where the runbook has cases, each arm is run once in every case. What the fields from `load` on
/// say then holds in the first case; [`Resolved::in_case`] gives the drill of any.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Id of the runbook, for example `E-002`.
    pub id: String,
    /// What is shown, in one line.
    pub title: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The claim.
    pub hypothesis: String,
    /// What a pass proves, per profile.
    pub proves: IndexMap<String, String>,
    /// Parameters with their values in this drill.
    pub parameters: IndexMap<String, ParameterValue>,
    /// What the lab must have.
    pub needs: Needs,
    /// Falsified histories the judge must catch.
    pub controls: Vec<Control>,
    /// A table for the report.
    pub table: Option<ResolvedTable>,
    /// Names of the series and loads that the report plots over time.
    pub plot: Vec<String>,
    /// Cases by name, in the order in which they run; none where the runbook has no matrix.
    pub cases: IndexMap<String, ResolvedCase>,
    /// Arms by name, in the order in which they run; at least one.
    pub arms: IndexMap<String, ResolvedArm>,
    /// Loads by name.
    pub load: IndexMap<String, ResolvedLoad>,
    /// Phases in order.
    pub phases: Vec<ResolvedPhase>,
    /// What is sampled at regular times, across all phases.
    pub observe: Vec<ResolvedSeries>,
    /// Conditions over live values without a phase. When one is true, the drill is aborted and
    /// undone; one that is unknown stops nothing.
    pub stop: Vec<Expression>,
    /// What must be seen.
    pub expect: ResolvedExpectations,
}

impl Resolved {
    /// The drill of one case alone, its values put in; none if there is no such case.
    pub fn in_case(&self, name: &str) -> Option<Self> {
        let case = self.cases.get(name)?.clone();
        let mut drill = self.clone();
        drill.cases.clear();
        for (arm, setup) in &mut drill.arms {
            setup.must = case.must.get(arm).copied().unwrap_or(Must::Measure);
        }
        drill.load = case.load;
        drill.phases = case.phases;
        drill.observe = case.observe;
        drill.stop = case.stop;
        drill.expect = case.expect;
        Some(drill)
    }
}

/// One combination of the matrix, and what is particular to it. Seen through
/// [`Resolved::in_case`].
#[derive(Debug, Clone)]
pub struct ResolvedCase {
    /// What it gives to each name of the matrix.
    pub values: IndexMap<String, CaseValue>,
    /// What each arm is there for in this case.
    pub(crate) must: IndexMap<String, Must>,
    pub(crate) load: IndexMap<String, ResolvedLoad>,
    pub(crate) phases: Vec<ResolvedPhase>,
    pub(crate) observe: Vec<ResolvedSeries>,
    pub(crate) stop: Vec<Expression>,
    pub(crate) expect: ResolvedExpectations,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedLoad {
    /// What is asked for.
    pub kind: LoadKind,
    /// Phase that it begins with; none for the first.
    pub from: Option<String>,
    /// Phase that ends it, once `count` requests were sent.
    pub to: Option<String>,
    /// Requests in all, or with `to` the fewest. Without both it goes on until the phases end.
    pub count: Option<NonZeroU64>,
    /// Open-loop rate of sending.
    pub rate: Rate,
    /// Distinct aggregates or keys; loads of one drill share them, from the first.
    pub keys: NonZeroU32,
    /// Where records go, and how; for [`LoadKind::Records`] only.
    pub produce: Option<ResolvedProduce>,
    /// How clients stay connected; for [`LoadKind::Connections`] only.
    pub connect: Option<ResolvedConnect>,
}

/// How clients stay connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedConnect {
    /// How a connection is tried again.
    pub retry: Retry,
    /// How long a client waits for a broker's first answer.
    pub within: HumanDuration,
}

/// Where records go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedProduce {
    /// Name of the topic within the run.
    pub topic: String,
    /// Who must have a record before it counts as written.
    pub acks: Acks,
    /// How often the producer tries again; none for the client library's own number.
    pub retries: Option<u32>,
    /// The topic's fewest in-sync replicas; none for the broker's own number.
    pub min_isr: Option<NonZeroU32>,
    /// Whether a replica that is not in sync may lead the topic when no other can.
    pub unclean: bool,
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

/// A value that is sampled at regular times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSeries {
    /// Name, as in `name.output@phase`.
    pub name: String,
    /// What is sampled; its registry entry has the outputs.
    pub probe: Probe,
    /// Time between two samples.
    pub every: HumanDuration,
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
    /// What holds between arms, once all have run.
    pub compare: Vec<Comparison>,
}

/// A table for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTable {
    /// What has a row.
    pub rows: Rows,
    /// Values, left to right.
    pub columns: Vec<ValueRef>,
}
