//! Load: what clients ask of the pipeline while a drill breaks it.
//!
//! Every load is open-loop: the schedule does not wait for answers, so a stalled service shows
//! as latency instead of as a slower question.

mod client;
mod generator;
mod handle;
mod history;
mod question;
mod set;
mod start;

#[cfg(test)]
mod tests;

pub use generator::{Asks, Load, LoadError, Resolve};
pub use handle::{LoadHandle, LoadProgress, LoadSummary};

pub(crate) use client::Client;
pub(crate) use question::{Question, of_read};
pub(crate) use set::Loads;
pub(crate) use start::{ANSWER_TIMEOUT, Start};
