//! Finds the processes of a lab by the marks in their environment, whoever started them.
//!
//! The marks need no pid file that could be stale: a process carries them from its first
//! instruction to its last, and no reused process id can.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use procfs::process::Process;

/// Environment variable of every process of a lab: the lab's directory.
pub const LAB_MARK: &str = "RLAB_LAB_DIR";
/// Environment variable of every process of a lab: the node's name.
pub const NODE_MARK: &str = "RLAB_NODE";
/// Node mark of the supervisor itself.
pub const SUPERVISOR: &str = "supervisor";

/// A living process of a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Node it belongs to.
    pub node: String,
    /// Process id.
    pub pid: u32,
    /// It leads its process group, as every node's main process does.
    pub leader: bool,
    /// It is stopped by a signal.
    pub paused: bool,
}

/// Every living process that carries the mark of the lab in `dir`.
pub fn of_lab(dir: &Path) -> Vec<Found> {
    let Ok(all) = procfs::process::all_processes() else {
        return Vec::new();
    };
    all.flatten().filter_map(|p| marked(&p, dir)).collect()
}

/// Directories of labs within that of the lab in `dir`, of which a process lives: tasks have labs of their own
/// there.
pub fn labs_within(dir: &Path) -> BTreeSet<PathBuf> {
    let Ok(all) = procfs::process::all_processes() else {
        return BTreeSet::new();
    };
    let marks = all.flatten().filter_map(|process| {
        let environment = process.environ().ok()?;
        environment.get(OsStr::new(LAB_MARK)).map(PathBuf::from)
    });
    marks
        .filter(|mark| mark.starts_with(dir) && mark != dir)
        .collect()
}

fn marked(process: &Process, dir: &Path) -> Option<Found> {
    let environment = process.environ().ok()?;
    if environment.get(OsStr::new(LAB_MARK))?.as_os_str() != dir.as_os_str() {
        return None;
    }
    let node = environment.get(OsStr::new(NODE_MARK))?.to_str()?.to_owned();
    let stat = process.stat().ok()?;
    if matches!(stat.state, 'Z' | 'X') {
        return None;
    }
    Some(Found {
        node,
        pid: u32::try_from(stat.pid).ok()?,
        leader: stat.pid == stat.pgrp,
        paused: stat.state == 'T',
    })
}

/// The node and the lab's directory that process `pid` belongs to; `None` when it is of no lab.
pub fn membership(pid: u32) -> Option<(String, PathBuf)> {
    let process = Process::new(i32::try_from(pid).ok()?).ok()?;
    let environment = process.environ().ok()?;
    let dir = environment.get(OsStr::new(LAB_MARK))?;
    let node = environment.get(OsStr::new(NODE_MARK))?.to_str()?;
    Some((node.to_owned(), PathBuf::from(dir)))
}

/// Proportional set size of a process in KiB; `None` when it is gone or not ours to read.
pub fn pss_kib(pid: u32) -> Option<u64> {
    let rollup = Process::new(i32::try_from(pid).ok()?)
        .ok()?
        .smaps_rollup()
        .ok()?;
    let map = rollup.memory_map_rollup.iter().next()?;
    map.extension.map.get("Pss").map(|bytes| bytes / 1024)
}
