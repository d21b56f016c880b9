//! Actions: what a phase can do, how a runbook writes it, and what it is once its arguments are
//! known.

mod compat;
mod registry;
mod step;
mod written;

pub use compat::{CompatProbe, Denials, Target};
pub use registry::{ACTIONS, ActionSpec, Effect, UndoClass};
pub use step::{Failover, Step};
pub(crate) use written::{Action, BrokerOf, FailoverOf, Primary};
pub use written::{Rights, Server};
