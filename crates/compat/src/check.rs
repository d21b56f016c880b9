//! The gate: what the pipeline needs against what targets do not give, without any server.

use rlab_runbook::Target;
use schemars::JsonSchema;
use serde::Serialize;

use crate::data::{Kind, Lists};
use crate::need::Need;

/// What was found, as a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Always `rlab/compat-check/v1`.
    pub schema: &'static str,
    /// What the needs were held against.
    pub targets: Vec<Target>,
    /// Needs that were looked at, once for each target.
    pub looked_at: usize,
    /// Needs that a target does not meet.
    pub findings: Vec<Finding>,
}

/// A need that a target does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The target.
    pub target: Target,
    /// What kind of thing is needed.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Agents that need it.
    pub by: Vec<String>,
    /// Where they are given it.
    pub places: Vec<String>,
    /// The page that says that the target does not give it.
    pub source: String,
    /// Whether that page was read; what others only report is not known.
    pub confirmed: bool,
}

/// Holds `needs` against what each of `targets` does not give.
pub fn check(lists: &Lists, needs: &[Need], targets: &[Target]) -> Report {
    let mut findings = Vec::new();
    let mut looked_at = 0;
    for &target in targets {
        for need in needs.iter().filter(|need| need.server == target.server()) {
            looked_at += 1;
            let denial = lists.denies(target, need.kind, &need.name, need.value.as_deref());
            findings.extend(denial.map(|denial| Finding {
                target,
                kind: need.kind,
                name: need.name.clone(),
                by: need.by.iter().cloned().collect(),
                places: need.places.clone(),
                source: denial.source.url.clone(),
                confirmed: denial.source.read,
            }));
        }
    }
    Report {
        schema: "rlab/compat-check/v1",
        targets: targets.to_vec(),
        looked_at,
        findings,
    }
}

impl Report {
    /// Whether a need is shown not to be met; what only others report shows nothing.
    pub fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.confirmed)
    }
}
