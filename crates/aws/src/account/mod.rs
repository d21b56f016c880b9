//! Everything that the command line asks of AWS by itself, not by terraform.
//!
//! An [`Account`] is connected once and asked for one thing after the other. Each call is bounded, is
//! tried again by the SDK's standard rules, and leaves a line in the [`Journal`] for every attempt, with
//! the id by which AWS knows it. What fails is an [`AccountError`] with the step, the cause and a hint.

mod alarm;
mod answer;
mod arn;
mod bucket;
mod clients;
mod connected;
mod error;
mod event;
mod failed_call;
mod failover;
mod fetch;
mod identity;
mod journal;
mod kafka_operation;
mod key;
mod log;
mod login;
mod making;
mod moment;
mod network;
mod own_tags;
mod patience;
mod place;
mod plain;
mod put;
mod quota;
mod registry;
mod removal;
mod role;
mod secret;
mod steady;
mod still_there;
mod tagged;
mod task;
mod unassumed;
mod xml;

pub use alarm::Alarm;
pub use bucket::StateBucket;
pub use connected::Account;
pub use error::AccountError;
pub use event::{Awaited, Event, Source, Waited};
pub use failed_call::FailedCall;
pub use failover::{
    Asked, Brokers, CacheGroup, CacheMember, Chain, DatabaseCluster, DatabaseInstance, Failovers,
    Followed, Link, Quota, Rebooting, Watch,
};
pub use fetch::Fetched;
pub use identity::{Identity, Kind};
pub use journal::Journal;
pub use kafka_operation::KafkaOperation;
pub use log::LogLine;
pub use making::{Making, Progress};
pub use place::{Bounds, Given, Place};
pub use put::Stored;
pub use quota::{Headroom, Limit, Need, Room};
pub use registry::RegistryLogin;
pub use removal::{Cleared, Left, OnRemoval, Removing};
pub use role::{Lead, Source as RoleSource, Wanted};
pub use steady::{ServiceEvent, StoppedTask, Unsteady};
pub use still_there::{Residual, State};
pub use tagged::Tagged;
pub use task::{TaskArn, TaskRequest, TaskState};
pub use unassumed::Unassumed;
