//! Processes of a lab's terraform that outlived whoever started them, found by a mark in their
//! environment: no pid file can go stale, and a reused process id cannot carry the mark.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use procfs::process::Process;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

/// The lab's directory.
pub(super) const DIR_MARK: &str = "RLAB_TERRAFORM_DIR";
/// What terraform was started to do.
pub(super) const VERB_MARK: &str = "RLAB_TERRAFORM_VERB";
/// Where its output goes.
pub(super) const OUTPUT_MARK: &str = "RLAB_TERRAFORM_OUTPUT";

const POLL: Duration = Duration::from_millis(50);

/// A terraform that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Process id.
    pub pid: u32,
    /// What it does: `apply`, `destroy`, ….
    pub verb: String,
    /// The file its stream goes to.
    pub output: PathBuf,
}

/// Everything of one lab's terraform that lives.
#[derive(Debug, Default)]
pub(super) struct Survivors {
    /// terraform itself.
    pub leader: Option<Running>,
    /// What it started: providers, commands of provisioners.
    pub followers: Vec<u32>,
}

impl Survivors {
    pub fn of(dir: &Path) -> Self {
        let mut found = Self::default();
        let Ok(all) = procfs::process::all_processes() else {
            return found;
        };
        for process in all.flatten() {
            match marked(&process, dir) {
                Some((true, running)) => found.leader = Some(running),
                Some((false, running)) => found.followers.push(running.pid),
                None => {}
            }
        }
        found
    }

    /// Ends what a dead terraform left. It works for nobody, and would write into what comes next.
    /// Returns one that did not end in time.
    pub async fn end_orphans(dir: &Path, within: Duration) -> Option<u32> {
        let deadline = Instant::now() + within;
        loop {
            let orphans = Self::of(dir).followers;
            let first = *orphans.first()?;
            orphans
                .into_iter()
                .for_each(|pid| signal(pid, Signal::KILL));
            if Instant::now() > deadline {
                return Some(first);
            }
            sleep(POLL).await;
        }
    }
}

/// Sends a signal to one process; one that is gone already is no error.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// The process, and whether it leads its group, when it belongs to `dir`.
fn marked(process: &Process, dir: &Path) -> Option<(bool, Running)> {
    let environment = process.environ().ok()?;
    if environment.get(OsStr::new(DIR_MARK))?.as_os_str() != dir.as_os_str() {
        return None;
    }
    let stat = process
        .stat()
        .ok()
        .filter(|s| !matches!(s.state, 'Z' | 'X'))?;
    let mark = |name: &str| {
        environment
            .get(OsStr::new(name))
            .cloned()
            .unwrap_or_default()
    };
    let running = Running {
        pid: u32::try_from(stat.pid).ok()?,
        verb: mark(VERB_MARK).to_string_lossy().into_owned(),
        output: mark(OUTPUT_MARK).into(),
    };
    Some((stat.pid == stat.pgrp, running))
}
