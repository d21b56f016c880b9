//! Load: what clients ask of the pipeline while a drill breaks it.
//!
//! Every load is open-loop: the schedule does not wait for answers, so a stalled service shows
//! as latency instead of as a slower question.

mod asked;
mod client;
mod connections;
mod generator;
mod handle;
mod held;
mod history;
mod numbers;
mod question;
mod set;
mod start;

#[cfg(test)]
mod tests;

pub use connections::Connections;
pub use generator::{Asks, Load, LoadError, Resolve};
pub use handle::{LoadHandle, LoadProgress, LoadSummary};
pub use numbers::Dial;

pub(crate) use client::Client;
pub(crate) use question::{Question, of_read};
pub(crate) use set::Loads;
pub(crate) use start::{ANSWER_TIMEOUT, Start, numbers_of};
