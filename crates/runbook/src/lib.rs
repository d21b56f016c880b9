//! The runbook format: parse, check, and the values its expressions speak of.
//!
//! A runbook describes a drill: arms, cases, load, phases with their actions, and what must be seen.
//! Reading one ([`Runbook::read`], [`find`]) reports every mistake at once with its place.
//! [`Runbook::resolve`] puts in the parameters of one drill, and [`plan`] says what would happen
//! and how each step is undone. The runner executes the same [`Resolved`] that the plan shows.

mod action;
mod agents;
mod argument;
mod cases;
mod check;
mod expression;
mod format;
mod library;
mod load;
mod named;
mod needs;
mod not_yet;
mod parameter;
mod plan;
mod probe;
mod resolve;
mod resolved;
mod runbook;
mod settings;
mod values;

pub use action::{
    ACTIONS, ActionSpec, CompatProbe, Denials, Effect, Failover, Rights, Server, Step, Target,
    UndoClass,
};
pub use agents::{Agent, Instance};
pub use cases::CaseValue;
pub use expression::{
    Comparison, Expression, ExpressionProblem, Observation, Position, Scope, Truth, Value, ValueRef,
};
pub use format::{Acks, Control, Must, Retry, Rows};
pub use library::{LibraryError, find, list, names};
pub use load::{LOADS, LoadKind, LoadSpec};
pub use needs::{Agents, KafkaNeeds, MysqlNeeds, Needs, RedisNeeds, Standby};
pub use parameter::{ParameterErrors, ParameterValue};
pub use plan::{ArmPlan, CasePlan, PLAN_SCHEMA, PhasePlan, Plan, StepPlan, TablePlan, plan};
pub use probe::{PROBES, Probe, ProbeSpec};
pub use resolve::ResolveError;
pub use resolved::{
    Resolved, ResolvedArm, ResolvedCase, ResolvedConnect, ResolvedExpectations, ResolvedLoad,
    ResolvedPhase, ResolvedProduce, ResolvedSeries, ResolvedTable, Until,
};
pub use runbook::{RUNBOOK_SCHEMA, Runbook, json_schema};
pub use settings::{
    AgentSettings, CommandServiceSettings, Commit, ConsumerServiceSettings, Dedup, Flight,
    Invalidate, Publish, QueryServiceSettings, Resolve, SETTINGS, SettingSpec, Ttl,
};
pub use values::{
    COMMAND_VALUES, CONNECTION_VALUES, Kind, Known, NUMBER_VALUES, READ_VALUES, RECORD_VALUES,
    Unit, VALUES, ValueSpec,
};
