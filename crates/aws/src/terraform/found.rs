//! What an earlier run left: a terraform that still works, a lock, a state that was not stored.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::error::TerraformError;
use super::event::{Event, Resource, Stage};
use super::lock::LockInfo;
use super::output::Follower;
use super::stop::Stop;
use super::survivors::{Running, Survivors, signal};
use super::verbs::{OnEvent, words};
use super::workdir::Workdir;
use crate::intent::Intent;

const POLL: Duration = Duration::from_millis(50);
/// Longest that a terraform works without a word, while it takes its lock.
const WRITES_WITHIN: Duration = Duration::from_secs(60);
/// Where terraform leaves a state that its backend did not take, in the root.
const UNSTORED: &str = "errored.tfstate";

/// What is there before anything is done.
#[derive(Debug)]
pub struct Found {
    /// A terraform of this lab that lives.
    pub running: Option<Running>,
    /// The lock beside a local state. While nothing runs it is a dead holder's: the kernel has let go
    /// of it, and the next run takes it over.
    pub lock: Option<LockInfo>,
    /// What the newest apply or destroy began and did not end. Once nothing runs, AWS may hold these
    /// without the state knowing: the net for them is the lab's tags.
    pub under_way: Vec<Resource>,
    /// A state that could not be stored; the next plan or destroy stores it first.
    pub unstored_state: Option<PathBuf>,
    /// What an earlier run was about to make.
    pub intent: Option<Intent>,
}

impl Found {
    /// The lock of a holder that died.
    pub fn stale_lock(&self) -> Option<&LockInfo> {
        self.lock.as_ref().filter(|_| self.running.is_none())
    }

    /// Whether an earlier run did not come to its end.
    pub fn interrupted(&self) -> bool {
        let unfinished = self.running.is_none() && !self.under_way.is_empty();
        unfinished || self.stale_lock().is_some() || self.unstored_state.is_some()
    }
}

/// From when to when a run worked, by the name and the last write of its output.
fn during(output: &Path) -> Option<(Timestamp, Timestamp)> {
    let name = output.file_name()?.to_str()?;
    let begun: i64 = name.split('-').next()?.parse().ok()?;
    let written = std::fs::metadata(output).ok()?.modified().ok()?;
    let ended = Timestamp::try_from(written)
        .ok()?
        .checked_add(WRITES_WITHIN)
        .ok()?;
    Some((Timestamp::from_microsecond(begun).ok()?, ended))
}

impl Workdir {
    /// Looks, and starts nothing.
    ///
    /// # Errors
    /// When the record of intent is there but cannot be read.
    pub fn found(&self) -> Result<Found, TerraformError> {
        let unstored = self.dir().join(UNSTORED);
        Ok(Found {
            running: Survivors::of(self.dir()).leader,
            lock: self
                .local_state()
                .and_then(|state| LockInfo::beside(&state)),
            under_way: self.under_way(),
            unstored_state: unstored.exists().then_some(unstored),
            intent: Intent::find(self.dir())?,
        })
    }

    /// Whether `lock` was taken by a terraform of this very directory. While nothing runs here, such a
    /// lock is a dead one's.
    pub fn began(&self, lock: &LockInfo) -> bool {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let here = lock.who.ends_with(&format!("@{}", host.trim()));
        let Some(taken) = lock.taken_at().filter(|_| here) else {
            return false;
        };
        let listing = std::fs::read_dir(self.dir().join("runs"));
        let mut runs = listing.into_iter().flatten().flatten();
        runs.any(|run| during(&run.path()).is_some_and(|(from, to)| from <= taken && taken <= to))
    }

    fn under_way(&self) -> Vec<Resource> {
        let listing = std::fs::read_dir(self.dir().join("runs"));
        let runs = listing
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let changing = |run: &PathBuf| {
            let name = run.to_string_lossy();
            name.ends_with("-apply.jsonl") || name.ends_with("-destroy.jsonl")
        };
        let newest = runs.filter(changing).max();
        let text = newest
            .and_then(|run| std::fs::read(run).ok())
            .unwrap_or_default();
        let mut open: Vec<Resource> = Vec::new();
        for line in String::from_utf8_lossy(&text).lines() {
            let Event::Apply(work) = Event::parse(line, self.redactor()) else {
                continue;
            };
            open.retain(|resource| *resource != work.resource);
            if matches!(work.stage, Stage::Start | Stage::Progress) {
                open.push(work.resource);
            }
        }
        open
    }

    /// Watches a terraform whose starter died, from its first event to its end. Stopping is as of a run
    /// of our own. Returns at once when nothing runs; what came of it is in the state.
    ///
    /// # Errors
    /// [`TerraformError::TimedOut`] when it does not end in time and not by force.
    pub async fn follow(&self, on: OnEvent<'_>, stop: &Stop) -> Result<(), TerraformError> {
        let Some(running) = Survivors::of(self.dir()).leader else {
            return Ok(());
        };
        let io = |e| TerraformError::io(&running.output, e);
        let mut output = Follower::open(&running.output).map_err(io)?;
        let mut line = |line: &str| on(Event::parse(line, self.redactor()));
        let mut deadline = Instant::now() + self.limits().apply;
        let (mut asked, mut killed) = (false, false);
        while self.lives(&running) {
            output.read(&mut line).map_err(io)?;
            tokio::select! {
                () = sleep(POLL) => {}
                () = stop.gently(), if !asked => {
                    signal(running.pid, Signal::INT);
                    asked = true;
                    deadline = Instant::now() + self.limits().grace;
                }
                () = stop.now(), if !killed => {
                    deadline = Instant::now();
                }
            }
            if Instant::now() >= deadline {
                if killed {
                    return Err(self.overdue());
                }
                self.kill(&running);
                killed = true;
                deadline = Instant::now() + self.limits().grace;
            }
        }
        output.finish(&mut line).map_err(io)
    }

    fn lives(&self, running: &Running) -> bool {
        Survivors::of(self.dir())
            .leader
            .is_some_and(|l| l.pid == running.pid)
    }

    fn kill(&self, running: &Running) {
        signal(running.pid, Signal::KILL);
        for pid in Survivors::of(self.dir()).followers {
            signal(pid, Signal::KILL);
        }
    }

    fn overdue(&self) -> TerraformError {
        TerraformError::TimedOut {
            verb: "run",
            limit: self.limits().apply,
            killed: true,
        }
    }

    /// Takes a state that terraform could not store out of the checkout.
    pub(super) fn rescue_state(&self) -> Result<(), TerraformError> {
        let left = self.root().join(UNSTORED);
        if !left.exists() {
            return Ok(());
        }
        let ours = self.dir().join(UNSTORED);
        let io = |e| TerraformError::io(&left, e);
        let bytes = std::fs::read(&left).map_err(io)?;
        crate::files::write_durably(&ours, &bytes).map_err(io)?;
        std::fs::remove_file(&left).map_err(io)
    }

    /// Stores a state that was left over, before anything is decided by an older one.
    pub(super) async fn push_rescued(&self, stop: &Stop) -> Result<(), TerraformError> {
        let unstored = self.dir().join(UNSTORED);
        if !unstored.exists() {
            return Ok(());
        }
        let mut arguments = words(&["state", "push"]);
        arguments.push(unstored.clone().into());
        let run = self.run_for("state", arguments, self.limits().read, &[0]);
        self.read(run, stop).await?;
        crate::files::remove_durably(&unstored).map_err(|e| TerraformError::io(&unstored, e))
    }
}
