//! From what a runbook says of its loads to loads under way.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rlab_contract::agent_config::Namespace;
use rlab_evidence::RunDir;
use rlab_lab::layout::broker_listener::CLIENT;
use rlab_lab::servers::connect_redis;
use rlab_runbook::{Agent, LoadKind, Resolved, ResolvedLoad};
use serde_json::json;

use super::{Asks, Connections, Dial, Load, Loads, Resolve};
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
        let prefix = self.namespace.redis_prefix.trim_end_matches(':');
        let (asks, key_prefix) = match load.kind {
            LoadKind::Commands => (
                Asks::Commands(self.service(Agent::CommandService)),
                prefix.replace('_', "-"),
            ),
            LoadKind::Reads => (
                Asks::Items(self.service(Agent::QueryService)),
                prefix.replace('_', "-"),
            ),
            LoadKind::Numbers => (
                Asks::Numbers(self.redis()),
                numbers_of(self.namespace, name),
            ),
            LoadKind::Connections => (
                Asks::Connections(self.connections(load)?),
                prefix.replace('_', "-"),
            ),
            // A drill that names one is refused before it starts.
            LoadKind::Records => {
                return Err(DrillError::NotYet(load.kind.spec().name.to_owned()));
            }
        };
        Ok(Load {
            asks,
            count: load.count.map(std::num::NonZeroU64::get),
            lasting: load.to.is_some(),
            rate_per_s: load.rate.per_second(),
            keys: load.keys.get(),
            seed,
            key_prefix,
            timeout: ANSWER_TIMEOUT,
            max_in_flight: MOST_IN_FLIGHT,
            epoch: record.epoch,
            history: self.run_dir.history(&record.arm, name)?,
        })
    }

    fn service(&self, agent: Agent) -> Resolve {
        let node = self.stage.site.spec.node(agent.node());
        let address = node.map(|node| node.front_address(0).into());
        Arc::new(move || address)
    }

    fn connections(&self, load: &ResolvedLoad) -> Result<Connections, DrillError> {
        let how = load.connect.ok_or_else(|| DrillError::Measure {
            what: "clients that stay connected",
            why: "the runbook does not say how".to_owned(),
        })?;
        let brokers = self.stage.site.spec.brokers();
        Ok(Connections {
            brokers: brokers.map(|node| node.front_address(CLIENT)).collect(),
            retry: how.retry,
            within: how.within.get(),
        })
    }

    /// Wherever the name leads at the moment of dialling.
    fn redis(&self) -> Dial {
        let site = self.stage.site.clone();
        Arc::new(move || {
            let site = site.clone();
            async move {
                let address = site.address("redis").map_err(|error| error.to_string())?;
                connect_redis(&site, address).await
            }
            .boxed()
        })
    }
}

/// What the keys of a load of numbers begin with, before their own number: removed with the namespace.
pub(crate) fn numbers_of(namespace: &Namespace, load: &str) -> String {
    format!("{}{load}", namespace.redis_prefix)
}
