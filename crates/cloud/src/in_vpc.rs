//! The other end of a command in the VPC: runs it, and stores its evidence.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rlab_aws::account::{Account, Given, Journal, Place};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::prepare::Servers;
use crate::runner::prefix;
use crate::task_lab::TaskLab;

/// The hidden verb of the command line that the runner's image begins with.
pub const VERB: &str = "run-task";
/// Environment variable with the runner's configuration, filled from its secret.
pub const CONFIG_VARIABLE: &str = "RLAB_RUNNER_CONFIG_JSON";
/// Environment variable with the id of the run.
pub const RUN_VARIABLE: &str = "RLAB_RUN_ID";
/// What goes up after everything else.
const SEAL: &str = "SHA256SUMS";

/// What the runner is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunnerConfig {
    /// Lab name.
    pub lab: String,
    /// Region.
    pub region: String,
    /// Bucket for evidence, where there is one.
    pub evidence_bucket: Option<String>,
    /// The lab's servers.
    pub servers: Servers,
    /// Name of the profile that the lab was made from, for reports.
    pub profile: String,
    /// Whether its servers stand in for those of AWS.
    pub rehearsed: bool,
    /// Added to every port of the lab that a command finds beside the servers.
    pub port_offset: u16,
    /// What the root made.
    pub deployed: Deployed,
}

/// Brings up a lab on the servers, runs `arguments` of rlab-ops on it with `RLAB_EVIDENCE` in a directory of its own,
/// takes the lab down, stores what the command left there, and answers its exit code. Asked to end, it has the
/// command undo what it did, and does the rest all the same.
///
/// # Errors
/// When the configuration is missing, the servers cannot be reached, the command cannot be started, something is left
/// on the servers, or the evidence cannot be stored.
pub async fn run_task(
    arguments: &[String],
    tell: &(dyn Fn(&str) + Send + Sync),
) -> Result<i32, CloudError> {
    let config = told()?;
    let run = variable(RUN_VARIABLE)?;
    let asked_to_end = when_terminated()?;
    let scratch = tempfile::Builder::new().prefix("rlab-run-").tempdir();
    let scratch = scratch.map_err(|e| CloudError::io(&std::env::temp_dir(), e))?;
    let evidence = scratch.path().join("evidence");
    let lab = TaskLab::up(&config, scratch.path(), tell, asked_to_end.clone()).await?;
    let ended = command(arguments, &lab, &evidence, asked_to_end).await;
    let tidied = lab.down().await;
    if let Some(bucket) = config
        .evidence_bucket
        .as_ref()
        .filter(|_| evidence.exists())
    {
        let journal = Journal::open(&scratch.path().join("journal.jsonl"))?;
        let account = Account::connect(place(&config.region), journal)
            .await?
            .step("storing the evidence");
        let above = prefix(&config.lab, &run);
        for run in runs(&evidence)? {
            let to = format!("{above}/{}", run.display());
            account
                .put_dir(bucket, &to, &evidence.join(&run), SEAL)
                .await?;
        }
    }
    let status = ended?;
    tidied?;
    // A command that a signal ended has no code of its own; this is how shells tell it.
    Ok(status.code().unwrap_or(128))
}

/// Cancelled by the signal with which ECS ends a task.
fn when_terminated() -> Result<CancellationToken, CloudError> {
    let io = |e| CloudError::io(Path::new("SIGTERM"), e);
    let mut terminate = signal(SignalKind::terminate()).map_err(io)?;
    let asked = CancellationToken::new();
    let tell = asked.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        tell.cancel();
    });
    Ok(asked)
}

/// Runs the command on `lab` to its end; interrupts it once when it is `asked_to_end`, which has a drill undo what
/// it did.
async fn command(
    arguments: &[String],
    lab: &TaskLab,
    evidence: &Path,
    asked_to_end: CancellationToken,
) -> Result<ExitStatus, CloudError> {
    let this =
        std::env::current_exe().map_err(|e| CloudError::io(Path::new("/proc/self/exe"), e))?;
    let io = |e| CloudError::io(&this, e);
    let mut child = Command::new(&this)
        .args(arguments)
        .env("RLAB_HOME", lab.home())
        .env("RLAB_LAB", lab.name())
        .env("RLAB_EVIDENCE", evidence)
        .env_remove(CONFIG_VARIABLE)
        .stdin(Stdio::null())
        // Whoever ends the task's whole group would else end it before it has undone anything.
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let group = child.id().and_then(|id| i32::try_from(id).ok());
    tokio::select! {
        status = child.wait() => return status.map_err(io),
        () = asked_to_end.cancelled() => {}
    }
    if let Some(group) = group.and_then(Pid::from_raw) {
        // One that is gone already has nothing to undo.
        let _ = kill_process(group, Signal::INT);
    }
    child.wait().await.map_err(io)
}

/// The run directories below `evidence`, each in its drill's, as paths below it. What points to the latest
/// of them is none.
fn runs(evidence: &Path) -> Result<Vec<PathBuf>, CloudError> {
    let directories = |dir: &Path| -> Result<Vec<PathBuf>, CloudError> {
        let io = |e| CloudError::io(dir, e);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_type().map_err(io)?.is_dir() {
                found.push(PathBuf::from(entry.file_name()));
            }
        }
        found.sort();
        Ok(found)
    };
    let mut runs = Vec::new();
    for drill in directories(evidence)? {
        let of_drill = directories(&evidence.join(&drill))?;
        runs.extend(of_drill.into_iter().map(|run| drill.join(run)));
    }
    Ok(runs)
}

/// AWS as a task reaches it.
pub(crate) fn place(region: &str) -> Place {
    Place {
        region: Some(region.to_owned()),
        endpoint: std::env::var("AWS_ENDPOINT_URL").ok(),
        credentials: given(),
        ..Place::default()
    }
}

/// Credentials in the environment, which only a rehearsal's tasks have: on Fargate they come from the
/// task's own endpoint.
fn given() -> Option<Given> {
    let key = std::env::var("AWS_ACCESS_KEY_ID").ok()?;
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY").ok()?;
    Some(Given { key, secret })
}

pub(crate) fn told() -> Result<RunnerConfig, CloudError> {
    let text = variable(CONFIG_VARIABLE)?;
    serde_json::from_str(&text).map_err(|e| CloudError::BadFile {
        path: CONFIG_VARIABLE.into(),
        reason: e.to_string(),
    })
}

fn variable(name: &'static str) -> Result<String, CloudError> {
    std::env::var(name).map_err(|_| CloudError::BadFile {
        path: name.into(),
        reason: "is not set: only the runner's task runs this".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_every_drill_is_sent_and_what_points_to_the_latest_is_not() {
        let evidence = tempfile::tempdir().unwrap();
        for run in ["E-001/2", "E-001/1", "K-002/3"] {
            std::fs::create_dir_all(evidence.path().join(run)).unwrap();
        }
        std::os::unix::fs::symlink("2", evidence.path().join("E-001/latest")).unwrap();
        let found = runs(evidence.path()).unwrap();
        assert_eq!(found, ["E-001/1", "E-001/2", "K-002/3"].map(PathBuf::from));
    }
}
