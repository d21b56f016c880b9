//! Load: what clients ask of the pipeline while a drill breaks it.
//!
//! Every load is open-loop: the schedule does not wait for answers, so a stalled service shows
//! as latency instead of as a slower question.

mod history;
mod http;

#[cfg(test)]
mod tests;

pub use http::{LoadError, LoadHandle, LoadProgress, LoadSummary, OrdersLoad, Resolve};
