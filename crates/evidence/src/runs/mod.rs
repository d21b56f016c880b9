//! The runs under one root: list them, find one, remove the oldest.
//!
//! What is no run of ours (another name, a link, a hidden directory) is neither listed nor
//! removed.

mod find;
mod prune;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use find::{FindError, find};
pub use prune::{Pruned, prune};

use crate::run_dir::{RunDir, RunDirError, io_error};
use crate::verdict::{Outcome, VerdictDocument};
use crate::walk::{LeafKind, leaves};

/// One run, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The drill's id.
    pub drill: String,
    /// The run's name: `<utc>-<ulid>`.
    pub run: String,
    /// Its directory.
    pub path: PathBuf,
    /// When it was started, to the second.
    pub started: jiff::Timestamp,
    /// What became of it.
    pub end: End,
    /// Whether it has its `SHA256SUMS`; not whether they hold.
    pub sealed: bool,
    /// Length of all its files, in bytes.
    pub bytes: u64,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was decided.
    Decided(Outcome),
    /// It has no verdict: it failed, was killed, or is still going on.
    DidNotEnd,
    /// It cannot be read.
    Damaged {
        /// What is wrong with it.
        why: String,
    },
}

/// Every run under `root`, the newest first; none where there is no such directory.
///
/// # Errors
/// A root or a drill's directory that cannot be read. A run that cannot is listed as damaged.
pub fn list(root: &Path) -> Result<Vec<RunSummary>, RunDirError> {
    Ok(named(root)?.into_iter().map(Named::summary).collect())
}

/// A directory that is called like a run.
struct Named {
    drill: String,
    run: String,
    path: PathBuf,
    started: jiff::Timestamp,
}

impl Named {
    fn summary(self) -> RunSummary {
        let run = RunDir::at(self.path.clone());
        let (end, bytes) = match (end(&run), bytes(&self.path)) {
            (end, Ok(bytes)) => (end, bytes),
            (_, Err(error)) => (damaged(&error), 0),
        };
        RunSummary {
            sealed: run.sums().is_file(),
            drill: self.drill,
            run: self.run,
            path: self.path,
            started: self.started,
            end,
            bytes,
        }
    }
}

/// Every run by its name, the newest first.
fn named(root: &Path) -> Result<Vec<Named>, RunDirError> {
    let mut runs = Vec::new();
    for dir in directories(root)? {
        let Some(drill) = dir.file_name().and_then(OsStr::to_str) else {
            continue;
        };
        for path in directories(&dir)? {
            let name = path.file_name().and_then(OsStr::to_str);
            let Some((run, started)) = name.and_then(|name| Some((name, started(name)?))) else {
                continue;
            };
            runs.push(Named {
                drill: drill.to_owned(),
                run: run.to_owned(),
                started,
                path,
            });
        }
    }
    // Names begin with the time, and go on with the millisecond.
    runs.sort_by(|a, b| (&b.run, &b.drill).cmp(&(&a.run, &a.drill)));
    Ok(runs)
}

/// When a run of this name was started; none if no run is called so.
fn started(run: &str) -> Option<jiff::Timestamp> {
    let (utc, ulid) = run.split_once('-')?;
    ulid::Ulid::from_string(ulid).ok()?;
    let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", utc).ok()?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(at.timestamp())
}

fn end(run: &RunDir) -> End {
    if !run.journal().is_file() {
        let why = "it holds no journal.jsonl".to_owned();
        return End::Damaged { why };
    }
    let text = match fs::read(run.verdict()) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return End::DidNotEnd,
        Err(error) => return damaged(&error),
    };
    match serde_json::from_slice::<VerdictDocument>(&text) {
        Ok(verdict) => End::Decided(verdict.outcome),
        Err(error) => End::Damaged {
            why: format!("verdict.json is not a verdict: {error}"),
        },
    }
}

fn damaged(error: &io::Error) -> End {
    End::Damaged {
        why: format!("it cannot be read: {error}"),
    }
}

fn bytes(run: &Path) -> io::Result<u64> {
    let lengths = leaves(run)?.into_iter().map(|leaf| match leaf.kind {
        LeafKind::File(bytes) => bytes,
        LeafKind::Link | LeafKind::Other => 0,
    });
    Ok(lengths.sum())
}

/// The directories in `dir`, links to some not among them; none if there is no `dir`.
fn directories(dir: &Path) -> Result<Vec<PathBuf>, RunDirError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io_error("read", dir))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io_error("read", dir))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}
