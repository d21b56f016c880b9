//! Reads TOML and YAML documents with spans and reports every mistake at once.
//!
//! A text becomes a tree of nodes that remember where they stand. The tree is checked against the
//! JSON Schema of the wanted type, so that unknown keys, missing keys and bad values are all found
//! in one pass, and only then turned into the type. [`Document`] keeps the spans, so that checks
//! which a schema cannot express report their findings in the same form.

mod check;
mod document;
mod problem;
mod quantity;
mod schema_words;
mod suggest;
mod toml;
mod tree;
mod yaml;

pub use document::{Document, read_toml, read_yaml};
pub use problem::{DocumentErrors, Problem};
pub use quantity::{HumanDuration, ParseQuantityError, Rate};
pub use suggest::{did_you_mean, one_of};
