//! No fault outlives its owner or its time: the supervisor's process undoes what a dead drill left,
//! and ends a drill that takes longer than it said.

use std::time::{Duration, Instant};

use rlab_lab::LabDir;
use rustix::process::{Pid, Signal, kill_process};

use crate::error::DrillError;
use crate::lease;
use crate::stage::Stage;
use crate::undo::{self, UndoLog};

/// The name under which the watchdog holds a lab.
pub(crate) const WATCHDOG: &str = "watchdog";

const LOOK: Duration = Duration::from_secs(1);
/// Whoever was just stopped may want to look at the lab, or to mend it by hand.
const GRACE: Duration = Duration::from_secs(5);
/// A node that is down because of the fault never answers before it is mended.
const SETTLING: Duration = Duration::from_secs(20);
/// Between two attempts at what could not be undone.
const AGAIN: Duration = Duration::from_secs(30);
/// From SIGTERM to SIGKILL.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Watches over the lab in `dir` for as long as it is polled.
pub async fn watch(dir: LabDir) {
    let mut orphaned_since = None;
    loop {
        tokio::time::sleep(LOOK).await;
        end_overdue(&dir).await;
        if !undo::has_left_something(&dir) {
            orphaned_since = None;
            continue;
        }
        match Stage::is_held(&dir) {
            Ok(false) => {}
            _ => {
                orphaned_since = None;
                continue;
            }
        }
        let since: Instant = *orphaned_since.get_or_insert_with(Instant::now);
        if since.elapsed() < GRACE {
            continue;
        }
        match mend(&dir).await {
            Ok(done) => tracing::warn!(steps = done, "undid what a drill left"),
            Err(DrillError::Busy { .. }) => {}
            Err(error) => {
                tracing::error!(%error, "what a drill left could not all be undone");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn mend(dir: &LabDir) -> Result<usize, DrillError> {
    let stage = Stage::open(dir, WATCHDOG).await?;
    let deadline = Instant::now() + SETTLING;
    while stage.steady().await.is_err() && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    Ok(UndoLog::open(dir)?.undo(&stage).await?.len())
}

/// A holder that was stopped or hangs does not hear SIGTERM.
async fn end_overdue(dir: &LabDir) {
    let Some(holder) = lease::holder(dir) else {
        return;
    };
    let overdue =
        || Stage::is_held(dir).is_ok_and(|held| held) && holder.is_overdue(jiff::Timestamp::now());
    if holder.name == WATCHDOG || !overdue() {
        return;
    }
    let Some(pid) = i32::try_from(holder.pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    tracing::error!(%holder, until = %holder.until, "ends a drill whose time is over");
    let _ = kill_process(pid, Signal::TERM);
    let deadline = Instant::now() + LAST_WORDS;
    while overdue() {
        if Instant::now() > deadline {
            let _ = kill_process(pid, Signal::KILL);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
