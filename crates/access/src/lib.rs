//! One permission model: what each agent may do, generated for every system and proven cell by cell.
//!
//! `iam/access.toml` is the only thing that people write ([`Model`]). [`generate`] makes of it what IAM,
//! Kafka, MySQL and Redis understand. [`check()`] reads those files back and proves them with evaluators
//! that know nothing of how they were made: every [`Cell`] of agent × system × resource × operation has
//! the answer that the model gives. Nothing here talks to a server.

mod actions;
mod cell;
mod check;
mod drill;
mod evaluate;
mod explain;
mod finding;
mod generate;
mod matrix;
mod model;
mod placeholder;
mod policy;

pub use actions::{Action, Actions};
pub use cell::{Cell, Instance, System};
pub use check::{FOLDER, check, prove, read_folder, write_folder};
pub use drill::{DrillPolicy, DrillPolicyError, drill_policy};
pub use evaluate::{Decision, simulate};
pub use explain::{Because, Explained, Line, explain};
pub use finding::{Finding, Place, Report, Rule, Severity, sarif};
pub use generate::{Acl, Artifacts, KAFKA, MYSQL, REDIS, generate};
pub use matrix::matrix;
pub use model::{
    Agent, Condition, Grant, Kind, MODEL, Model, ModelFile, ModelSchema, Operation, Resource,
};
pub use placeholder::{PLACEHOLDERS, Placeholder, fill};
pub use policy::{Effect, OneOrMany, Policy, Statement, Subset, Witness, lint, matches, subset};
