//! How long an apply or a destroy still takes, as far as that is known.
//!
//! [`Durations`] are what AWS is known to take, from a dated file; [`Graph`] is which resource waits for
//! which; [`Eta`] puts them together with the events of a run. An estimate is a span. It never says
//! zero while something is left, and of what takes longer than usual it says just that.

mod durations;
mod eta;
mod graph;

pub use durations::{Durations, Span};
pub use eta::{Eta, Remaining, Slow};
pub use graph::Graph;
