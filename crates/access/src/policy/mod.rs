//! Policies of IAM: read, looked over, and compared.

mod automaton;
mod document;
mod lint;
mod subset;
mod wildcard;

pub use document::{Effect, OneOrMany, Policy, Statement};
pub(crate) use document::{read, texts};
pub use lint::lint;
pub use subset::{Subset, Witness, subset};
pub use wildcard::matches;
pub(crate) use wildcard::overlap;
