//! Profiles, nodes, supervision and the fault surface of a lab.
//!
//! A lab is one directory and one supervisor process. [`up()`] resolves a [`profile`] into nodes at
//! loopback addresses ([`layout`], [`spec`]), gets the servers and starts the [`supervisor`], which
//! owns every child process and proxy slot. All other verbs speak to it through [`client`]. Servers may also
//! be somebody's (`elsewhere`): the lab then runs its agents, and asks the servers how they are.

pub mod client;
pub mod compose;
mod doctor;
mod down;
mod elsewhere;
pub mod error;
pub mod files;
pub mod home;
pub mod in_charge;
pub mod kafka_access;
pub mod kafka_wire;
pub mod layout;
pub mod pipeline;
mod ports;
pub mod processes;
pub mod profile;
pub mod protocol;
pub mod roles;
pub mod schemas;
pub mod secrets;
pub mod servers;
mod socket;
pub mod spec;
mod status;
pub mod supervisor;
mod up;

pub use doctor::{Check, CheckOutcome, doctor};
pub use down::{DownPlan, DownReport, down, plan_down};
pub use elsewhere::reach;
pub use error::{ErrorKind, LabError};
pub use home::{LabDir, LabHome};
pub use status::status;
pub use supervisor::supervise;
pub use up::{PlannedNode, UpEvent, UpOptions, UpPlan, plan_up, up};
