//! What brings a lab up on AWS, follows it, prices it, talks to it and takes it down again.
//!
//! * [`account`]: everything that is asked of AWS itself: who is asking, what is left, tasks, logs, events
//! * [`terraform`]: finds and runs `terraform`, reads its stream, names what went wrong
//! * [`progress`]: how long an apply or a destroy still takes, as far as that is known
//! * [`price`]: what a plan costs per hour, from a dated table
//! * [`intent`]: what is about to exist, on disk before it exists
//!
//! Nothing here prints. Progress is a [`terraform::Event`] handed to a callback, and every error has
//! a hint.

pub mod account;
mod files;
pub mod intent;
pub mod price;
pub mod progress;
pub mod terraform;
