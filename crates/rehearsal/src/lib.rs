//! An AWS API on loopback, to be used by the very code that talks to AWS.
//!
//! The control plane is emulated: MSK by [`Front`] itself, most else by the [`Backends`] behind it. The
//! data plane is real: a [`DataPlane`] kills, promotes and restarts real servers, and what Describe
//! calls and events tell follows what truly happened to them. There is one data plane: all clusters,
//! groups and instances of a kind that are made on paper are the same real servers.

mod backends;
mod client;
mod config;
mod control;
mod data_plane;
mod ecr;
mod ecs;
mod elasticache;
mod error;
mod events;
mod fault;
mod forward;
mod front;
mod gaps;
mod kafka;
mod paging;
mod protocol;
mod rds;
mod record;
mod rehearsal;
mod resource;
mod service;

pub use backends::{Backends, BackendsConfig};
pub use client::ControlClient;
pub use config::{FrontConfig, Upstreams};
pub use data_plane::{
    Broker, DataPlane, DataPlaneError, Endpoint, Happened, LogFile, Mysql, NodeGroup, Progress,
    RedisNode, Role, Step, Topology, Zone,
};
pub use ecs::{Container, Exit, Running, TaskHappened, TaskPlane, TaskStep, TaskSteps};
pub use error::RehearsalError;
pub use fault::{Fault, MAX_DELAY_MS, Requests};
pub use front::Front;
pub use record::{MAX_RECORDS, RequestLog, RequestRecord};
