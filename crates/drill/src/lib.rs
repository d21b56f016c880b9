//! Runs a runbook against a lab: arms, load, phases, actions, probes, undo.
//!
//! [`run`] executes what [`rlab_runbook::plan`] shows. Each arm works in a namespace of its own;
//! whatever changes the lab is written to the [`undo`] log first, and undone whatever happens.

mod access;
mod again;
mod allowed;
mod arm;
mod changes;
mod collect;
mod compat;
mod conclude;
mod control;
mod cpu;
mod environment;
mod error;
mod event;
mod failover;
mod judge;
mod lease;
mod leg;
pub mod load;
mod measured;
mod observe;
mod phases;
mod probes;
mod record;
mod room;
mod runner;
mod smoke;
mod stage;
mod steps;
mod supervised;
mod table;
pub mod undo;
mod values;
mod watchdog;

pub use again::{Again, judge_again};
pub use control::{Control, ControlError, FailedOver, Loss, Operator, Seen};
pub use error::DrillError;
pub use event::DrillEvent;
pub use lease::{Holder, at_work};
pub use room::BUDGET_BYTES;
pub use runner::{Finished, RunOptions, run};
pub use smoke::{SmokeCheck, SmokeReport, smoke};
pub use undo::{pending, recover};
pub use watchdog::watch;
