//! Whether those in charge have changed: what the servers tell, held against what they told before.

use std::collections::BTreeMap;
use std::time::Duration;

use rlab_lab::in_charge;
use rlab_lab::servers::Site;
use rlab_runbook::{Failover, Resolved, Step, Value};

/// A look that takes longer has seen nothing.
const LOOK_DEADLINE: Duration = Duration::from_secs(5);

pub(crate) const ZONE: &str = "mysql.zone_changed";
const PRIMARY: &str = "redis.primary_changed";
const EPOCH: &str = "broker.epoch_changed";

/// What was told at the arm's start and at the phase's, by the name of the value that asks for it.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    wanted: Vec<&'static str>,
    at_start: BTreeMap<&'static str, String>,
    at_phase: BTreeMap<&'static str, String>,
}

impl Changes {
    /// Looks at what `drill` will ask for.
    pub async fn begin(drill: &Resolved, site: &Site) -> Self {
        let named = [ZONE, PRIMARY, EPOCH].into_iter();
        let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
        let by_zone = steps
            .filter(|step| matches!(step, Step::Failover(Failover::BrokerInZoneOfOldPrimary)))
            .count();
        let wanted = named
            .filter(|name| drill.speaks_of(name) || (*name == ZONE && by_zone > 0))
            .collect();
        let mut changes = Self {
            wanted,
            ..Self::default()
        };
        changes.at_start = changes.look(site).await;
        changes
    }

    /// Looks again: a phase begins.
    pub async fn phase_begins(&mut self, site: &Site) {
        self.at_phase = self.look(site).await;
    }

    /// Zone of MySQL when the arm began; none unless the drill asked for it.
    pub fn old_zone(&self) -> Option<&str> {
        self.at_start.get(ZONE).map(String::as_str)
    }

    /// Whether what `name` speaks of is now another than at the arm's start; none while it does not
    /// tell.
    pub async fn since_start(&self, name: &str, site: &Site) -> Option<Value> {
        let (name, before) = self.at_start.get_key_value(name)?;
        let now = tell(name, site).await?;
        Some(Value::Bool(now != *before))
    }

    /// Every value that the drill asks for, since the arm's start and since the phase's; none where
    /// it cannot be told now.
    pub async fn told(&self, site: &Site) -> Vec<(&'static str, Option<(Value, Value)>)> {
        let now = self.look(site).await;
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

    async fn look(&self, site: &Site) -> BTreeMap<&'static str, String> {
        let mut told = BTreeMap::new();
        for name in &self.wanted {
            told.extend(tell(name, site).await.map(|now| (*name, now)));
        }
        told
    }
}

async fn tell(name: &str, site: &Site) -> Option<String> {
    let telling = async {
        match name {
            ZONE => in_charge::mysql_zone(site).await,
            PRIMARY => in_charge::redis_primary(site).await,
            _ => {
                let site = site.clone();
                let reading = tokio::task::spawn_blocking(move || in_charge::registrations(&site));
                reading.await.ok()?
            }
        }
    };
    tokio::time::timeout(LOOK_DEADLINE, telling).await.ok()?
}
