//! `down`: stops a lab in order, with or without its supervisor, removes what it made on servers that are not
//! its own, and proves that nothing is left.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use schemars::JsonSchema;
use serde::Serialize;

use crate::client::LabClient;
use crate::compose;
use crate::elsewhere::made;
use crate::error::LabError;
use crate::home::LabDir;
use crate::processes::{self, Found, SUPERVISOR};
use crate::spec::{LabSpec, NodeKind};
use crate::status;
use crate::up::UpEvent;

/// All stages of an orderly end, with the longest node of each.
const ORDERLY_DEADLINE: Duration = Duration::from_secs(60);
/// What a single process gets when there is no supervisor to ask.
const PROCESS_DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// What `down` would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DownPlan {
    /// Always `rlab/down-plan/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Nodes that run and would be stopped.
    pub stop: Vec<String>,
    /// Schemas, with their topics, groups and keys, that would be removed from servers that are not the lab's.
    pub elsewhere: Vec<String>,
    /// Directory that would be removed.
    pub remove: Option<String>,
}

/// What `down` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DownReport {
    /// Always `rlab/down/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Nodes that were running.
    pub stopped: Vec<String>,
    /// Schemas, with their topics, groups and keys, that were removed from servers that are not the lab's.
    pub elsewhere: Vec<String>,
    /// Whether the lab's directory was removed.
    pub purged: bool,
}

/// Says what [`down`] would do; changes nothing.
///
/// # Errors
/// [`LabError::NoSuchLab`].
pub fn plan_down(dir: &LabDir, purge: bool) -> Result<DownPlan, LabError> {
    known(dir)?;
    Ok(DownPlan {
        schema: "rlab/down-plan/v1",
        lab: dir.name().to_owned(),
        stop: nodes_of(&processes::of_lab(dir.path())),
        elsewhere: made::left(dir)?.into_iter().map(|n| n.database).collect(),
        remove: purge.then(|| dir.path().display().to_string()),
    })
}

/// Stops every process of the lab; with `purge` removes its directory.
///
/// # Errors
/// [`LabError::NoSuchLab`], [`LabError::Residual`] with what could not be ended, or
/// [`LabError::LeftElsewhere`] with what could not be removed from servers that are not the lab's.
pub async fn down(
    dir: &LabDir,
    purge: bool,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<DownReport, LabError> {
    known(dir)?;
    let stopped = nodes_of(&processes::of_lab(dir.path()));
    if let Ok(client) = LabClient::connect(dir).await {
        // One that hangs, or dies just now, is ended like any other process.
        if client.shutdown().await.is_ok() {
            wait_for_supervisor(&client, progress).await;
        }
    }
    end_the_rest(dir, progress).await;
    nothing_left(dir)?;
    for inner in processes::labs_within(dir.path()) {
        let inner = LabDir::found_at(&inner);
        end_the_rest(&inner, progress).await;
        nothing_left(&inner)?;
    }
    let elsewhere = match compose::has_begun(dir) {
        // What was made in containers goes with them.
        true => {
            progress(UpEvent::Note(
                "docker compose removes the servers".to_owned(),
            ));
            compose::down(dir).await?;
            made::start_over(dir)?;
            Vec::new()
        }
        false => made::remove(dir).await?,
    };
    if purge {
        std::fs::remove_dir_all(dir.path()).map_err(|e| LabError::io(dir.path(), e))?;
        let _ = std::fs::remove_file(dir.turn());
    }
    Ok(DownReport {
        schema: "rlab/down/v1",
        lab: dir.name().to_owned(),
        stopped,
        elsewhere,
        purged: purge,
    })
}

/// A lab whose `lab.json` is damaged or of another format can still be taken down.
fn known(dir: &LabDir) -> Result<(), LabError> {
    if !dir.path().exists() {
        return Err(status::no_such_lab(dir));
    }
    Ok(())
}

fn nodes_of(found: &[Found]) -> Vec<String> {
    let mut nodes: Vec<String> = found
        .iter()
        .filter(|f| f.node != SUPERVISOR)
        .map(|f| f.node.clone())
        .collect();
    nodes.sort();
    nodes.dedup();
    nodes
}

async fn wait_for_supervisor(client: &LabClient, progress: &(dyn Fn(UpEvent) + Send + Sync)) {
    let deadline = Instant::now() + ORDERLY_DEADLINE;
    let alive = || {
        let found = processes::of_lab(client.dir().path());
        found.iter().any(|f| f.node == SUPERVISOR)
    };
    while alive() && Instant::now() < deadline {
        if let Ok(status) = client.status().await {
            progress(UpEvent::Nodes(Box::new(status)));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Ends processes that no supervisor answers for, in the order a supervisor would.
async fn end_the_rest(dir: &LabDir, progress: &(dyn Fn(UpEvent) + Send + Sync)) {
    let spec = LabSpec::load(dir).ok();
    let stage = |found: &Found| {
        let node = spec.as_ref().and_then(|s| s.node(&found.node));
        match (found.node.as_str(), node.map(|n| n.kind)) {
            (SUPERVISOR, _) => 0,
            (_, Some(NodeKind::Agent)) => 1,
            (_, Some(NodeKind::Controller)) => 3,
            _ => 2,
        }
    };
    for wanted in 0..=3 {
        let found = processes::of_lab(dir.path());
        let these: Vec<Found> = found.into_iter().filter(|f| stage(f) == wanted).collect();
        if these.is_empty() {
            continue;
        }
        progress(UpEvent::Note(format!(
            "stops {}",
            nodes_of(&these).join(", ")
        )));
        for signal in [Signal::TERM, Signal::KILL] {
            let left = processes::of_lab(dir.path());
            for process in left.iter().filter(|f| these.iter().any(|t| t.pid == f.pid)) {
                send(process.pid, signal);
                send(process.pid, Signal::CONT);
            }
            if gone(dir, &these).await {
                break;
            }
        }
    }
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

async fn gone(dir: &LabDir, these: &[Found]) -> bool {
    let deadline = Instant::now() + PROCESS_DEADLINE;
    while Instant::now() < deadline {
        let alive = processes::of_lab(dir.path());
        if !alive.iter().any(|f| these.iter().any(|t| t.pid == f.pid)) {
            return true;
        }
        tokio::time::sleep(POLL).await;
    }
    false
}

/// Every process of a lab carries its mark; with none left, no port or lock of it can be held.
fn nothing_left(dir: &LabDir) -> Result<(), LabError> {
    let left: Vec<String> = processes::of_lab(dir.path())
        .iter()
        .map(|f| format!("{} (pid {})", f.node, f.pid))
        .collect();
    match left.is_empty() {
        true => Ok(()),
        false => Err(LabError::Residual(left)),
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::LabHome;
    use crate::processes::{LAB_MARK, NODE_MARK};

    #[tokio::test]
    async fn a_lab_that_a_killed_task_left_within_this_one_ends_with_it() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        let inner = dir.path().join("tasks/run-1/home/labs/one");
        std::fs::create_dir_all(&inner).unwrap();
        let mut left = Command::new("sleep")
            .arg("600")
            .env(LAB_MARK, &inner)
            .env(NODE_MARK, "query-service")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while processes::labs_within(dir.path()).is_empty() {
            assert!(Instant::now() < deadline, "the process was not seen");
        }
        // A zombie is nobody's process any more, but its parent has to be asked.
        let reaped = tokio::task::spawn_blocking(move || left.wait());
        let down = down(&dir, true, &|_| {}).await.unwrap();
        assert!(down.purged && !dir.path().exists());
        assert!(!reaped.await.unwrap().unwrap().success());
    }
}
