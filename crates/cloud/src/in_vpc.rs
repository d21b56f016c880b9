//! The other end of a command in the VPC: runs it, and stores its evidence.

use std::path::Path;
use std::process::Stdio;

use rlab_aws::account::{Account, Given, Journal, Place};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::error::CloudError;
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
        let place = Place {
            region: Some(config.region.clone()),
            endpoint: std::env::var("AWS_ENDPOINT_URL").ok(),
            credentials: given(),
            ..Place::default()
        };
        let account = Account::connect(place, journal)
            .await?
            .step("storing the evidence");
        account
            .put_dir(bucket, &prefix(&config.lab, &run), &evidence, SEAL)
            .await?;
    }
    // A command that a signal ended has no code of its own; this is how shells tell it.
    Ok(status.code().unwrap_or(128))
}

/// Credentials in the environment, which only a rehearsal's tasks have: on Fargate they come from the
/// task's own endpoint.
fn given() -> Option<Given> {
    let key = std::env::var("AWS_ACCESS_KEY_ID").ok()?;
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY").ok()?;
    Some(Given { key, secret })
}

fn told() -> Result<RunnerConfig, CloudError> {
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
