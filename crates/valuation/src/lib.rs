//! What the upgrades of an item are expected to cost.
//!
//! An item climbs from level 0. Each try at a level costs something and succeeds, keeps the level,
//! drops it by one, or destroys it back to level 0. Pure: no clock, no chance, no files.

mod quantile;
mod rules;
mod sum;
mod valuation;

pub use rules::{LevelRule, Rules, RulesError};
pub use sum::Sum;
pub use valuation::{LevelValue, Spread, Valuation, evaluate};
