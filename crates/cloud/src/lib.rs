//! Labs on AWS, and rehearsed ones: the engine behind `engine = "terraform"`.
//!
//! A rehearsed lab differs in its [`ground`] alone: its API is a process of a lab on this machine,
//! whose servers stand in for those of AWS ([`plane`]). Profile, root, images and every step from
//! [`plan`] to [`down`](down()) are the same.

mod api;
mod begun;
mod beside;
mod bootstrap;
mod configuration;
mod deployed;
mod down;
mod engine;
mod error;
mod event;
mod existing;
mod extend;
mod failover;
mod ground;
mod images;
mod in_vpc;
mod local_agents;
mod place;
mod plane;
mod prepare;
mod preview;
mod profile;
mod rds_ca;
mod record;
mod roots;
mod run;
mod runner;
mod status;
mod survey;
mod task_lab;
mod tasks;
mod topic;
mod up;

pub use api::serve;
pub use deployed::Deployed;
pub use down::{CloudDown, down};
pub use error::CloudError;
pub use event::{CloudEvent, OnCloud};
pub use extend::{MOST_HOURS, extend};
pub use failover::{control, fits_vpc};
pub use in_vpc::run_task;
pub use prepare::prepare_servers;
pub use preview::{CloudPlan, PlannedChange, preview};
pub use profile::{AnyProfile, CloudProfile, Root};
pub use record::{Paths, Record};
pub use runner::{Ran, is_in_vpc, run_in_vpc};
pub use status::{CloudStatus, status};
pub use survey::{CloudSurvey, Surveyed, survey};
pub use up::{CloudOptions, Planned, carry_out, plan};
