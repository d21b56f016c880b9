//! One file per verb: its arguments with their help, and the one function that does it.

pub mod cloud;
pub mod compat;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod down;
pub mod drill;
pub mod evidence;
pub mod extend;
pub mod iam;
pub mod logs;
pub mod man;
pub mod node;
pub mod recover;
pub mod runbook;
pub mod runner;
pub mod schema;
pub mod serve_api;
pub mod smoke;
pub mod status;
pub mod supervise;
pub mod up;
