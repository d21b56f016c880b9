//! `doctor`: every check of whether this machine can carry a lab, each with its fix.
//!
//! A check is a function from what was found to a [`Check`], so that a test can find what its own
//! machine does not have.

mod labs;
mod machine;
mod ports;
mod servers;

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::home::LabHome;

/// Result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it came out.
    pub outcome: CheckOutcome,
    /// What was found.
    pub detail: String,
    /// What to do about it, when it failed.
    pub fix: Option<String>,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// Fit.
    Passed,
    /// Not fit.
    Failed,
}

impl Check {
    fn passed(name: &str, detail: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            outcome: CheckOutcome::Passed,
            detail: detail.to_string(),
            fix: None,
        }
    }

    fn failed(name: &str, detail: impl Display, fix: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            outcome: CheckOutcome::Failed,
            detail: detail.to_string(),
            fix: Some(fix.to_string()),
        }
    }
}

/// Runs every check, whatever the others say, and changes nothing.
pub async fn doctor(home: &LabHome) -> Vec<Check> {
    let (mut checks, servers, ports, labs) = tokio::join!(
        async { machine::checks(home) },
        servers::checks(),
        async { ports::checks(home) },
        labs::checks(home),
    );
    checks.extend(servers);
    checks.extend(ports);
    checks.extend(labs);
    checks
}
