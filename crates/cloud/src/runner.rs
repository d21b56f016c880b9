//! Commands that run beside the servers, as a task in the lab's VPC: started, followed, their evidence
//! fetched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use rlab_aws::account::{Account, TaskArn, TaskRequest, TaskState};
use rlab_lab::LabDir;
use tokio_util::sync::CancellationToken;

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::ground::Ground;
use crate::in_vpc::{RUN_VARIABLE, VERB};
use crate::record::Record;

/// Task and container.
const RUNNER: &str = "runner";
/// Where evidence of a run lies in its bucket.
pub(crate) fn prefix(lab: &str, run: &str) -> String {
    format!("labs/{lab}/{run}")
}
/// How often the task is asked how it fares.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How a command in the VPC ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; none when it never ran, or was lost.
    pub exit_code: Option<i32>,
    /// ECS's word for why it stopped.
    pub reason: Option<String>,
    /// Its evidence, fetched; none when it left none.
    pub evidence: Option<PathBuf>,
}

/// Whether only a task in the VPC of the lab in `dir` reaches its servers. Those of a rehearsal are on this machine.
///
/// # Errors
/// When the lab's record cannot be read.
pub fn is_in_vpc(dir: &LabDir) -> Result<bool, CloudError> {
    let record = Record::find(dir)?;
    Ok(record.is_some_and(|record| !record.is_rehearsed()))
}

/// Runs `command`, the arguments of rlab-ops, in the lab's VPC, hands on each line that it says, and
/// fetches its evidence into a new directory in `evidence`. A cancelled command is stopped, and what it
/// left is fetched all the same.
///
/// # Errors
/// When the lab is not up on AWS, the task cannot be started, or AWS does not answer.
pub async fn run_in_vpc(
    dir: &LabDir,
    command: &[String],
    evidence: &Path,
    line: &(dyn Fn(&str) + Send + Sync),
    cancel: CancellationToken,
) -> Result<Ran, CloudError> {
    let record = Record::load(dir)?;
    let deployed = Deployed::noted(&record, dir)?;
    let account = Ground::of(&record, dir)?.account(&record, dir).await?;
    let run = uuid::Uuid::now_v7().to_string();
    let command = [VERB.to_owned()].into_iter().chain(command.iter().cloned());
    let at_work = account.step("running a command in the VPC");
    let task = (command.collect(), run.as_str());
    let state = run_to_end(&at_work, (&record, &deployed), task, line, cancel).await?;
    let bucket = deployed
        .evidence
        .as_ref()
        .and_then(|e| e.bucket_arn.rsplit(':').next());
    let fetched = match bucket {
        None => None,
        Some(bucket) => {
            let to = evidence.join(format!("{}-{run}", record.lab));
            let fetching = account.step("fetching the evidence");
            match fetching
                .fetch(bucket, &prefix(&record.lab, &run), &to)
                .await
            {
                Ok(_) => Some(to),
                Err(rlab_aws::account::AccountError::NothingStored { .. }) => None,
                Err(error) => return Err(error.into()),
            }
        }
    };
    Ok(Ran {
        exit_code: state.exit_code,
        reason: state.reason,
        evidence: fetched,
    })
}

/// Runs the runner's task with a command and the id of a run, and hands on each line that it says.
pub(crate) async fn run_to_end(
    account: &Account,
    (record, deployed): (&Record, &Deployed),
    (command, run): (Vec<String>, &str),
    line: &(dyn Fn(&str) + Send + Sync),
    cancel: CancellationToken,
) -> Result<TaskState, CloudError> {
    let missing = || CloudError::NotDeployed(record.lab.clone());
    let task = deployed.tasks.get(RUNNER).ok_or_else(missing)?;
    let group = deployed.network.security_group_ids.get(RUNNER);
    let request = TaskRequest {
        cluster: deployed.cluster.name.clone(),
        definition: task.definition_arn.clone(),
        subnets: deployed.network.subnet_by_zone.values().cloned().collect(),
        security_groups: group.into_iter().cloned().collect(),
        container: RUNNER.to_owned(),
        command,
        environment: BTreeMap::from([(RUN_VARIABLE.to_owned(), run.to_owned())]),
    };
    let arn = account.run_task(&request).await?;
    let ended = CancellationToken::new();
    let following = follow(account, &task.log_group, &arn, ended.clone(), line);
    let watching = watch(account, &request.cluster, &arn, cancel, ended);
    let (state, ()) = tokio::try_join!(watching, following)?;
    Ok(state)
}

/// Waits until the task has stopped; asked to, has it stopped.
async fn watch(
    account: &Account,
    cluster: &str,
    arn: &TaskArn,
    cancel: CancellationToken,
    ended: CancellationToken,
) -> Result<TaskState, CloudError> {
    let mut asked = false;
    loop {
        let state = account.task_state(cluster, arn, RUNNER).await?;
        if state.stopped() {
            ended.cancel();
            return Ok(state);
        }
        tokio::select! {
            () = tokio::time::sleep(ASK_EVERY) => {}
            () = cancel.cancelled(), if !asked => {
                account.stop_task(cluster, arn, "stopped by whoever started it").await?;
                asked = true;
            }
        }
    }
}

async fn follow(
    account: &Account,
    group: &str,
    arn: &TaskArn,
    ended: CancellationToken,
    line: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), CloudError> {
    let id = arn.0.rsplit('/').next().unwrap_or(&arn.0);
    let stream = format!("{RUNNER}/{RUNNER}/{id}");
    let mut lines = std::pin::pin!(account.log_lines(group, &stream, ended));
    while let Some(next) = lines.next().await {
        line(&next?.text);
    }
    Ok(())
}
