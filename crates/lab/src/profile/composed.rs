//! Profiles with `engine = "compose"`: the servers of `docker-compose.local.yml`, agents as processes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::external::Checks;
use super::{Agent, AgentName, Fault, ProfileSchema, Registry};
use crate::error::LabError;

/// A profile of servers in containers, as its TOML file says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composed {
    /// Format of the file.
    pub schema: ProfileSchema,
    /// Name, as used with `--profile`.
    pub name: String,
    /// How the lab is brought up.
    pub engine: Engine,
    /// Zones of agents and registry, one to eight; each gets a loopback block of its own.
    #[schemars(length(min = 1, max = 8))]
    pub zones: Vec<String>,
    /// Faults that drills may inject into the servers; none unless they are named.
    #[serde(default)]
    pub allow: Vec<Fault>,
    /// Whether Prometheus and Grafana come up too.
    #[serde(default)]
    pub observability: bool,
    /// The schema registry, a process of the lab.
    pub registry: Registry,
    /// Agents of the pipeline, by node name.
    pub agents: BTreeMap<AgentName, Agent>,
}

/// How a profile is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// By `docker compose`.
    Compose,
}

impl Composed {
    /// Reads a profile from `text`; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn parse(file: &str, text: &str) -> Result<Self, LabError> {
        let document = rlab_document::read_toml::<Self>(file, text)?;
        let profile = &document.value;
        let mut checks = Checks::of(&document);
        checks.faults(&profile.allow);
        checks.zones(
            &profile.zones,
            Some(&profile.registry.zone),
            &profile.agents,
        );
        checks.passed()?;
        Ok(document.value)
    }
}
