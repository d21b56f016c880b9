//! The other end of a command in the VPC: runs it, and stores its evidence.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rlab_aws::account::{Account, Given, Journal, Place};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::error::CloudError;
use crate::prepare::Servers;
use crate::runner::prefix;

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
}

/// Runs `arguments` of rlab-ops with `RLAB_EVIDENCE` in a directory of its own, stores what is in there
/// afterwards, and answers the exit code.
///
/// # Errors
/// When the configuration is missing, the command cannot be started, or its evidence cannot be stored.
pub async fn run_task(arguments: &[String]) -> Result<i32, CloudError> {
    let config = told()?;
    let run = variable(RUN_VARIABLE)?;
    let scratch = tempfile::Builder::new().prefix("rlab-run-").tempdir();
    let scratch = scratch.map_err(|e| CloudError::io(&std::env::temp_dir(), e))?;
    let evidence = scratch.path().join("evidence");
    let this =
        std::env::current_exe().map_err(|e| CloudError::io(Path::new("/proc/self/exe"), e))?;
    let status = Command::new(&this)
        .args(arguments)
        .env("RLAB_EVIDENCE", &evidence)
        .env_remove(CONFIG_VARIABLE)
        .stdin(Stdio::null())
        .status()
        .await
        .map_err(|e| CloudError::io(&this, e))?;
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
    // A command that a signal ended has no code of its own; this is how shells tell it.
    Ok(status.code().unwrap_or(128))
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
