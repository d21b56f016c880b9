//! Removes the oldest runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::{RunSummary, directories, list};
use crate::atomic::sync_parent;
use crate::run_dir::{LATEST, RunDirError, io_error};

/// What a run is called while it is being removed: no run, to whoever comes after a kill.
const ASIDE: &str = ".removed-";

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The runs, the oldest first.
    pub removed: Vec<RunSummary>,
    /// Their length together, in bytes.
    pub removed_bytes: u64,
    /// Length of the runs that are left, in bytes; above the limit where only the latest are left.
    pub kept_bytes: u64,
}

/// Removes the oldest runs until no drill has more than `keep` and all together have no more than
/// `max_bytes`; a dry run only tells which. The latest run of a drill is never removed. A kill
/// leaves each run whole or gone: what it left half removed is no run, and goes the next time.
///
/// # Errors
/// A directory that cannot be read or written to; runs removed before stay removed.
pub fn prune(
    root: &Path,
    keep: usize,
    max_bytes: u64,
    dry_run: bool,
) -> Result<Pruned, RunDirError> {
    if !dry_run {
        clear_aside(root)?;
    }
    let runs = list(root)?;
    let mut pruned = Pruned {
        kept_bytes: runs.iter().map(|run| run.bytes).sum(),
        ..Pruned::default()
    };
    let beyond = beyond(&runs, keep);
    let latest = latest(root, &runs);
    for (n, run) in runs.into_iter().enumerate().rev() {
        let wanted = beyond.contains(&n) || pruned.kept_bytes > max_bytes;
        if !wanted || latest.contains(&run.path) {
            continue;
        }
        if !dry_run {
            remove(&run.path)?;
        }
        pruned.kept_bytes -= run.bytes;
        pruned.removed_bytes += run.bytes;
        pruned.removed.push(run);
    }
    Ok(pruned)
}

/// The runs, by their place in the list, that their drill has too many of.
fn beyond(runs: &[RunSummary], keep: usize) -> BTreeSet<usize> {
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    let too_many = runs.iter().enumerate().filter(|(_, run)| {
        let kept = kept.entry(&run.drill).or_default();
        *kept += 1;
        *kept > keep
    });
    too_many.map(|(n, _)| n).collect()
}

/// The newest run of each drill, and what `latest` names should that be another.
fn latest(root: &Path, runs: &[RunSummary]) -> BTreeSet<PathBuf> {
    let mut latest = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for run in runs {
        if seen.insert(&run.drill) {
            latest.insert(run.path.clone());
            let dir = root.join(&run.drill);
            latest.extend(fs::read_link(dir.join(LATEST)).map(|name| dir.join(name)));
        }
    }
    latest
}

fn remove(run: &Path) -> Result<(), RunDirError> {
    let mut name = OsString::from(ASIDE);
    name.push(run.file_name().unwrap_or_default());
    let aside = run.with_file_name(name);
    fs::rename(run, &aside).map_err(io_error("set aside", run))?;
    sync_parent(&aside).map_err(io_error("sync", &aside))?;
    fs::remove_dir_all(&aside).map_err(io_error("remove", &aside))
}

/// Finishes what an earlier removal left.
fn clear_aside(root: &Path) -> Result<(), RunDirError> {
    for drill in directories(root)? {
        for dir in directories(&drill)? {
            let name = dir.file_name().and_then(OsStr::to_str);
            if name.is_some_and(|name| name.starts_with(ASIDE)) {
                fs::remove_dir_all(&dir).map_err(io_error("remove", &dir))?;
            }
        }
    }
    Ok(())
}
