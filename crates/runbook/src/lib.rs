//! The runbook format: parse, check, and the values its expressions speak of.
//!
//! A runbook describes a drill: arms, load, phases with their actions, and what must be seen.
//! Reading one ([`Runbook::read`], [`find`]) reports every mistake at once with its place.
//! [`Runbook::resolve`] puts in the parameters of one drill, and [`plan`] says what would happen
//! and how each step is undone. The runner executes the same [`Resolved`] that the plan shows.

mod action;
mod agents;
mod argument;
mod check;
mod expression;
mod format;
mod library;
mod load;
mod parameter;
mod plan;
mod plan_text;
mod resolve;
mod resolved;
mod runbook;
mod values;

pub use action::{ACTIONS, ActionSpec, Effect, Step, UndoClass};
pub use agents::{
    Agent, CommandServiceSettings, Commit, ConsumerServiceSettings, Dedup, Flight, Instance,
    Invalidate, Publish, QueryServiceSettings, Ttl,
};
pub use expression::{
    Expression, ExpressionProblem, Observation, Position, Scope, Truth, Value, ValueRef,
};
pub use format::{Control, Must, Needs};
pub use library::{LibraryError, find, list, names};
pub use load::LoadKind;
pub use parameter::{ParameterErrors, ParameterValue};
pub use plan::{ArmPlan, PLAN_SCHEMA, PhasePlan, Plan, StepPlan, plan};
pub use resolve::ResolveError;
pub use resolved::Resolved;
pub use resolved::{ResolvedArm, ResolvedExpectations, ResolvedLoad, ResolvedPhase, Until};
pub use runbook::{RUNBOOK_SCHEMA, Runbook, json_schema};
pub use values::{COMMAND_VALUES, Kind, READ_VALUES, Unit, VALUES, ValueSpec};
