//! The lab as a drill sees it: its supervisor, its specification, and one drill at a time.

use std::fs::File;
use std::time::{Duration, Instant};

use fs4::FileExt;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::LabStatus;
use rlab_lab::servers::Site;
use rlab_lab::{LabDir, LabError};
use rlab_runbook::Needs;

use crate::error::DrillError;

/// What a node may take from an action's end until it answers again.
const SETTLING: Duration = Duration::from_secs(30);

/// A running lab, held by one drill.
pub(crate) struct Stage {
    /// Its supervisor.
    pub client: LabClient,
    /// Its files, specification and secrets.
    pub site: Site,
    _held: File,
}

impl Stage {
    /// Takes hold of the lab in `dir`.
    pub async fn open(dir: &LabDir) -> Result<Self, DrillError> {
        if !dir.exists() {
            // Says which labs there are.
            rlab_lab::status(dir).await?;
        }
        let client = LabClient::connect(dir).await?;
        let held = hold(dir)?;
        let site = Site::load(dir.clone())?;
        Ok(Self {
            client,
            site,
            _held: held,
        })
    }

    /// Refuses a lab that lacks what a runbook needs.
    pub fn has(&self, drill: &str, needs: &Needs) -> Result<(), DrillError> {
        let mut missing = Vec::new();
        let brokers = self.site.spec.brokers().count();
        if brokers < needs.kafka.brokers.get() as usize {
            missing.push(format!(
                "{} brokers (it has {brokers})",
                needs.kafka.brokers
            ));
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

    /// Whether every node answers; the reason when not.
    pub async fn steady(&self) -> Result<(), DrillError> {
        let status = self.client.status().await?;
        match status.ready {
            true => Ok(()),
            false => Err(DrillError::NotSteady(unwell(&status))),
        }
    }

    /// As [`Self::steady`], once the lab had time to settle after a change.
    pub async fn settles(&self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLING;
        loop {
            match self.steady().await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error.to_string()),
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

/// The kernel lets go of the lock however this process ends.
fn hold(dir: &LabDir) -> Result<File, DrillError> {
    let path = dir.drill_lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(|e| DrillError::io(&path, e))?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(fs4::TryLockError::WouldBlock) => Err(DrillError::Busy),
        Err(fs4::TryLockError::Error(e)) => Err(DrillError::io(&path, e)),
    }
}
