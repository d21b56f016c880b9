//! Finds and runs `terraform`, reads its stream, and names what went wrong.
//!
//! A [`Workdir`] is a lab's own directory: state, provider links, variables, plans and the output of
//! every run are there, and nothing is written into the checkout. A run's output goes to a file that
//! is read along, not through a pipe: when the command line dies, terraform goes on to the end of what
//! it does and writes its state, instead of dying of a broken pipe with a half-made cluster it has
//! not noted down. [`Workdir::found`] then tells what is there, and [`Workdir::follow`] goes on
//! watching.

mod binary;
pub mod cause;
mod diagnostic;
mod error;
mod event;
mod found;
mod lock;
mod orphans;
mod output;
mod plan;
mod process;
mod reads;
mod redact;
mod runner;
mod stop;
mod survivors;
mod verbs;
mod workdir;

pub use binary::Terraform;
pub use cause::Cause;
pub use diagnostic::{Diagnostic, Position, Range};
pub use error::{Failed, Failure, TerraformError};
pub use event::{ChangeSummary, Event, Output, Resource, Stage, Work};
pub use found::Found;
pub use lock::LockInfo;
pub use orphans::{Begun, Orphan, not_there};
pub use plan::{Action, Change, Plan};
pub use redact::{MASK, Redactor};
pub use stop::Stop;
pub use survivors::Running;
pub use verbs::{Applied, Destroyed, OnEvent};
pub use workdir::{Backend, Limits, Workdir};
