//! Arms: what each is there for, and the settings of its agents.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::agents::Agent;
use crate::format::{Arm, Must, RunbookText};
use crate::needs::Needs;
use crate::resolved::ResolvedArm;

/// Name of the arm of a runbook that has none.
pub(crate) const ONLY_ARM: &str = "only";

/// The arms of the runbook, with what each `must` in the first case.
pub(super) fn arms(
    text: &RunbookText,
    must: &IndexMap<String, Must>,
) -> IndexMap<String, ResolvedArm> {
    let settings = |name: &str| text.arms.get(name).map(|arm| settings(arm, &text.needs));
    must.iter()
        .map(|(name, must)| {
            let arm = ResolvedArm {
                must: *must,
                settings: settings(name).unwrap_or_default(),
            };
            (name.clone(), arm)
        })
        .collect()
}

fn settings(arm: &Arm, needs: &Needs) -> IndexMap<Agent, Map<String, Value>> {
    let mut settings: IndexMap<Agent, Map<String, Value>> = IndexMap::new();
    let for_all = as_map(&arm.agents);
    if !for_all.is_empty() {
        settings.extend(
            needs
                .agents
                .iter()
                .map(|(agent, _)| (agent, for_all.clone())),
        );
    }
    let own = [
        (Agent::CommandService, as_map(&arm.command_service)),
        (Agent::ConsumerService, as_map(&arm.consumer_service)),
        (Agent::QueryService, as_map(&arm.query_service)),
    ];
    for (agent, map) in own.into_iter().filter(|(_, map)| !map.is_empty()) {
        settings.entry(agent).or_default().extend(map);
    }
    settings
}

fn as_map(settings: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
