//! The lab as a drill sees it: its supervisor, its specification, and one drill at a time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rlab_lab::client::LabClient;
use rlab_lab::protocol::LabStatus;
use rlab_lab::servers::Site;
use rlab_lab::spec::NodeKind;
use rlab_lab::{LabDir, LabError};
use rlab_runbook::Needs;

use crate::error::DrillError;
use crate::lease::{self, Lease};
use crate::probes;
use crate::watchdog::WATCHDOG;

/// What a node may take from an action's end until it answers again, and a broker until it has
/// caught up.
const SETTLING: Duration = Duration::from_secs(60);
/// How long the watchdog is waited for: it mends, and then the lab is free.
const MENDING: Duration = Duration::from_secs(120);
/// What anything but a phase of a drill may take: it knows its own time.
const LEASE: Duration = Duration::from_secs(900);

/// A running lab, held by one drill.
pub(crate) struct Stage {
    /// Its supervisor.
    pub client: LabClient,
    /// Its files, specification and secrets.
    pub site: Site,
    lease: Lease,
}

impl Stage {
    /// Takes hold of the lab in `dir` under the name `holder`.
    pub async fn open(dir: &LabDir, holder: &str) -> Result<Self, DrillError> {
        if !dir.exists() {
            // Says which labs there are.
            rlab_lab::status(dir).await?;
        }
        let client = LabClient::connect(dir).await?;
        let lease = hold(dir, holder).await?;
        let site = Site::load(dir.clone())?;
        Ok(Self {
            client,
            site,
            lease,
        })
    }

    /// Whether somebody works on the lab in `dir`.
    pub fn is_held(dir: &LabDir) -> Result<bool, DrillError> {
        match Lease::probe(dir) {
            Ok(()) => Ok(false),
            Err(DrillError::Busy { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Says that what follows takes no longer than `time`; the watchdog ends it after that.
    pub fn takes(&self, time: Duration) -> Result<(), DrillError> {
        self.lease.renew(time)
    }

    /// As [`Self::takes`], for everything that is no phase.
    pub fn takes_a_while(&self) -> Result<(), DrillError> {
        self.lease.renew(LEASE)
    }

    /// Refuses a lab that lacks what a runbook needs. Of servers that are `operated` by somebody else it is for
    /// their operator to say what takes over from them.
    pub fn has(&self, drill: &str, needs: &Needs, operated: bool) -> Result<(), DrillError> {
        let mut missing = Vec::new();
        let brokers = self.site.spec.brokers().count();
        if brokers < needs.kafka.brokers.get() as usize {
            missing.push(format!(
                "{} brokers (it has {brokers})",
                needs.kafka.brokers
            ));
        }
        if !operated {
            missing.extend(self.topology(needs));
        }
        for (agent, instance) in needs.running() {
            let node = agent.instance_node(instance);
            if self.site.spec.node(&node).is_none() {
                missing.push(format!("the agent {node}"));
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(DrillError::Needs {
                drill: drill.to_owned(),
                missing: missing.join(", "),
            }),
        }
    }

    /// What the lab lacks of zones, and of what takes over from a primary.
    fn topology(&self, needs: &Needs) -> Vec<String> {
        let spec = &self.site.spec;
        let mut missing = Vec::new();
        let ours = spec.nodes.iter().filter(|n| n.theirs.is_none());
        let zones: BTreeSet<&str> = ours.map(|n| n.zone.as_str()).collect();
        if let Some(wanted) = needs.zones.filter(|w| zones.len() < w.get() as usize) {
            missing.push(format!("{wanted} zones (it has {})", zones.len()));
        }
        let standby = spec.first(NodeKind::Mysql).and_then(|n| n.standby.as_ref());
        if needs.mysql.is_some() && standby.is_none() {
            missing.push("a standby of MySQL (mysql.standby_zone in its profile)".to_owned());
        }
        let replicas = spec.redis().count().saturating_sub(1);
        let wanted = needs.redis.as_ref().map(|redis| redis.replicas);
        if let Some(wanted) = wanted.filter(|w| replicas < w.get() as usize) {
            missing.push(format!("{wanted} replicas of Redis (it has {replicas})"));
        }
        missing
    }

    /// Whether every node answers; the reason when not.
    pub async fn answers(&self) -> Result<(), DrillError> {
        let status = self.client.status().await?;
        match status.ready {
            true => Ok(()),
            false => Err(DrillError::NotSteady(unwell(&status))),
        }
    }

    /// Whether every node answers and every partition of the lab's own topic has all its replicas in
    /// sync; the reason when not.
    pub async fn steady(&self) -> Result<(), DrillError> {
        self.answers().await?;
        let (seen, wanted) = self.in_sync().await;
        match seen {
            Some(seen) if seen == wanted => Ok(()),
            Some(seen) => Err(DrillError::NotSteady(format!(
                "{seen} of {wanted} replicas are in sync"
            ))),
            None => Err(DrillError::NotSteady(
                "no broker tells who is in sync".to_owned(),
            )),
        }
    }

    /// The smallest in-sync replica set of the lab's own topic, and its replicas.
    pub async fn in_sync(&self) -> (Option<u64>, u64) {
        let wanted = self.site.spec.brokers().count().min(3) as u64;
        let topic = self.site.spec.own_namespace().topic;
        (probes::isr(&self.site, &topic).await, wanted)
    }

    /// As [`Self::steady`], once the lab had time to settle after a change.
    pub async fn settles(&self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLING;
        loop {
            match self.steady().await {
                Ok(()) => return Ok(()),
                Err(error) if is_gone(&error) || Instant::now() > deadline => {
                    return Err(error.to_string());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Sequence number of the newest lab event.
    pub async fn last_event(&self) -> Result<u64, LabError> {
        Ok(self
            .client
            .events(0)
            .await?
            .last()
            .map_or(0, |e| e.sequence))
    }
}

/// Whether there is no lab any more that could settle: nothing brings a supervisor back by itself.
fn is_gone(error: &DrillError) -> bool {
    matches!(error, DrillError::Lab(LabError::NotRunning(_)))
}

fn unwell(status: &LabStatus) -> String {
    let mut reasons: Vec<String> = status
        .nodes
        .iter()
        .filter(|n| !n.state.is_well())
        .map(|n| format!("{} is {:?}", n.node, n.state).to_lowercase())
        .collect();
    reasons.extend(status.pipeline.waiting_for.clone());
    reasons.join(", ")
}

async fn hold(dir: &LabDir, holder: &str) -> Result<Lease, DrillError> {
    let deadline = Instant::now() + MENDING;
    loop {
        let refused = match Lease::take(dir, holder, LEASE) {
            Err(refused @ DrillError::Busy { .. }) => refused,
            other => return other,
        };
        let mending = lease::holder(dir).is_some_and(|h| h.name == WATCHDOG);
        if !mending || holder == WATCHDOG || Instant::now() > deadline {
            return Err(refused);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
