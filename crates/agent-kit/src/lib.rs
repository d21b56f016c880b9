//! What every agent shares: configuration, addresses, telemetry, health, crash points, drain.
//!
//! [`run`] is the whole frame of an agent's `main`: it loads the configuration, starts what is
//! shared, hands over an [`Agent`], and turns the outcome into an exit code.

pub mod address;
mod admin;
mod agent;
pub mod backoff;
pub mod cache;
pub mod config;
pub mod crash;
pub mod drain;
pub mod http;
pub mod iam;
pub mod kafka;
pub mod metrics;
pub mod mysql;
pub mod ready;
pub mod redis;
pub mod registry;
pub mod server;
pub mod token;

pub use agent::{Agent, RunError, run};
pub use config::{ConfigError, settings};
