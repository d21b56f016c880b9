//! What services of AWS do not give that a lab's own servers do, and who needs it.
//!
//! The [`Lists`] say it, each entry with its source and date. [`needs`] are what the pipeline uses: the commands
//! and privileges of the permission model, the settings of its topics. [`check()`] holds the two against each
//! other without any server, [`judge()`] does so for what a probe of a lab saw ([`Listing`]), and
//! [`differences`] tells what a service that AWS sizes gives otherwise than one on nodes. Nothing here talks to
//! a server.

mod check;
mod data;
mod differences;
mod judge;
mod listing;
mod need;
mod slot;

pub use check::{Finding, Report, check};
pub use data::{Feature, Kind, Limit, Lists, ListsFile, Restriction, Source};
pub use differences::{Comparison, Difference, differences, not_proven};
pub use judge::{Corrupt, Judged, judge};
pub use listing::{Answer, Asked, How, LISTING_SCHEMA, Listing, Recorded, Why};
pub use need::{Need, needs};
pub use slot::{one_slot, slot};
