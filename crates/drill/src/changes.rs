//! Whether those in charge have changed: what is told of the servers now, held against what was told before.

use std::collections::BTreeMap;
use std::time::Duration;

use rlab_lab::in_charge;
use rlab_lab::servers::Site;
use rlab_runbook::{Failover, Resolved, Step, Value};

use crate::control::Operator;

/// A look that takes longer has seen nothing.
const LOOK_DEADLINE: Duration = Duration::from_secs(5);

pub(crate) const ZONE: &str = "mysql.zone_changed";
const PRIMARY: &str = "redis.primary_changed";
const EPOCH: &str = "broker.epoch_changed";

/// What was told at the arm's start and at the phase's, by the name of the value that asks for it.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    site: &'a Site,
    operator: Option<&'a dyn Operator>,
    wanted: Vec<&'static str>,
    at_start: BTreeMap<&'static str, String>,
    at_phase: BTreeMap<&'static str, String>,
}

impl<'a> Changes<'a> {
    /// Looks at what `drill` will ask for. Servers that have an operator are his to tell of; others tell
    /// themselves.
    pub async fn begin(
        drill: &Resolved,
        site: &'a Site,
        operator: Option<&'a dyn Operator>,
    ) -> Self {
        let named = [ZONE, PRIMARY, EPOCH].into_iter();
        let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
        let by_zone = steps
            .filter(|step| matches!(step, Step::Failover(Failover::BrokerInZoneOfOldPrimary)))
            .count();
        let wanted = named
            .filter(|name| drill.speaks_of(name) || (*name == ZONE && by_zone > 0))
            .collect();
        let mut changes = Self {
            site,
            operator,
            wanted,
            at_start: BTreeMap::new(),
            at_phase: BTreeMap::new(),
        };
        changes.at_start = changes.look().await;
        changes
    }

    /// Looks again: a phase begins.
    pub async fn phase_begins(&mut self) {
        self.at_phase = self.look().await;
    }

    /// Zone of MySQL when the arm began; none unless the drill asked for it.
    pub fn old_zone(&self) -> Option<&str> {
        self.at_start.get(ZONE).map(String::as_str)
    }

    /// Whether what `name` speaks of is now another than at the arm's start; none while it does not
    /// tell.
    pub async fn since_start(&self, name: &str) -> Option<Value> {
        let (name, before) = self.at_start.get_key_value(name)?;
        let now = self.tell(name).await?;
        Some(Value::Bool(now != *before))
    }

    /// Every value that the drill asks for, since the arm's start and since the phase's; none where
    /// it cannot be told now.
    pub async fn told(&self) -> Vec<(&'static str, Option<(Value, Value)>)> {
        let now = self.look().await;
        let told = self.wanted.iter().map(|name| {
            let now = now.get(name);
            let since = |before: &BTreeMap<&str, String>| {
                let (now, before) = now.zip(before.get(name))?;
                Some(Value::Bool(now != before))
            };
            (*name, since(&self.at_start).zip(since(&self.at_phase)))
        });
        told.collect()
    }

    async fn look(&self) -> BTreeMap<&'static str, String> {
        let mut told = BTreeMap::new();
        for name in &self.wanted {
            told.extend(self.tell(name).await.map(|now| (*name, now)));
        }
        told
    }

    async fn tell(&self, name: &str) -> Option<String> {
        let telling = async {
            match (name, self.operator) {
                (ZONE, None) => in_charge::mysql_zone(self.site).await,
                (ZONE, Some(operator)) => operator.mysql_zone().await,
                (PRIMARY, None) => in_charge::redis_primary(self.site).await,
                (PRIMARY, Some(operator)) => operator.redis_primary().await,
                (_, None) => {
                    let site = self.site.clone();
                    let reading =
                        tokio::task::spawn_blocking(move || in_charge::registrations(&site));
                    reading.await.ok()?
                }
                (_, Some(_)) => in_charge::leaderships(self.site).await,
            }
        };
        tokio::time::timeout(LOOK_DEADLINE, telling).await.ok()?
    }
}
