//! From what a runbook says of its loads to loads under way.

use std::sync::Arc;
use std::time::Duration;

use rlab_contract::agent_config::Namespace;
use rlab_evidence::RunDir;
use rlab_runbook::{Agent, LoadKind, Resolved, ResolvedLoad};
use serde_json::json;

use super::{Asks, Load, Loads};
use crate::error::DrillError;
use crate::record::ArmRecord;
use crate::stage::Stage;

/// A question without an answer for this long is unknown to its client.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Questions of one load that may be under way at once.
pub(crate) const MOST_IN_FLIGHT: u32 = 512;

/// What the loads of one arm work with.
pub(crate) struct Start<'a> {
    pub drill: &'a Resolved,
    pub stage: &'a Stage,
    pub run_dir: &'a RunDir,
    pub namespace: &'a Namespace,
    pub seed: u64,
}

impl Start<'_> {
    /// Starts the loads that begin with `phase`, and adds them to those under way.
    pub fn those_of(
        &self,
        phase: &str,
        loads: &mut Loads,
        record: &mut ArmRecord<'_>,
    ) -> Result<(), DrillError> {
        let first = self.drill.phases.first().map(|first| first.name.as_str());
        for (index, (name, load)) in self.drill.load.iter().enumerate() {
            if load.from.as_deref().or(first) != Some(phase) {
                continue;
            }
            let count = load.count.map(std::num::NonZeroU64::get);
            let asks = load.kind.describe();
            record.note(
                "load",
                json!({ "load": name, "asks": asks, "count": count }),
            )?;
            let seed = self.seed.wrapping_add(index as u64);
            let handle = self.load(name, load, seed, record)?.start()?;
            loads.add(name, load, handle);
        }
        Ok(())
    }

    fn load(
        &self,
        name: &str,
        load: &ResolvedLoad,
        seed: u64,
        record: &ArmRecord<'_>,
    ) -> Result<Load, DrillError> {
        let (asks, agent) = match load.kind {
            LoadKind::Commands => (Asks::Commands, Agent::CommandService),
            LoadKind::Reads => (Asks::Items, Agent::QueryService),
            // A drill that names one is refused before it starts.
            LoadKind::Records | LoadKind::Numbers => {
                return Err(DrillError::NotYet(load.kind.spec().name.to_owned()));
            }
        };
        let service = self.stage.site.spec.node(agent.node());
        let service = service.map(|node| node.front_address(0).into());
        let prefix = self.namespace.redis_prefix.trim_end_matches(':');
        Ok(Load {
            asks,
            base: Arc::new(move || service),
            count: load.count.map(std::num::NonZeroU64::get),
            rate_per_s: load.rate.per_second(),
            keys: load.keys.get(),
            seed,
            key_prefix: prefix.replace('_', "-"),
            timeout: ANSWER_TIMEOUT,
            max_in_flight: MOST_IN_FLIGHT,
            epoch: record.epoch,
            history: self.run_dir.history(&record.arm, name)?,
        })
    }
}
