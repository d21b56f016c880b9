//! The MySQL schema and every SQL statement of the product, one module per table.
//!
//! Sessions run under READ COMMITTED with UTC as time zone (see [`connect`]). A lock is explained
//! where it is taken.

pub mod accounts;
mod begun;
pub mod command;
pub mod connect;
pub mod coupon;
pub mod effect;
pub mod error;
pub mod health;
mod literal;
pub mod namespace;
pub mod outbox;
pub mod parked_event;
pub mod processed_event;
pub mod read_model;
pub mod relay;
pub mod relay_lease;
pub mod rights;
mod row;
pub mod server_facts;
pub mod snapshot;
pub mod synthetic;

pub use error::StoreError;
pub use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool};
