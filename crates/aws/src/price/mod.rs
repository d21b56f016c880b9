//! What a plan costs per hour, from a dated table of list prices. What the table does not know is named,
//! never guessed.

mod estimate;
mod rules;
mod table;
mod tasks;

pub use estimate::{ByUse, Estimate, Line, estimate};
pub use table::{Per, Price, Prices, Quality};
