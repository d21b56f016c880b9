//! The directory of one run: `<root>/<drill>/<utc>-<ulid>/`, and `latest` beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use crate::atomic::{beside, sync_parent, write_atomic};
use crate::journal::{Journal, JournalError};

/// The link that names the newest run of a drill.
pub const LATEST: &str = "latest";

/// Where the files of one run are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

/// Why a run directory could not be made, opened or written to.
#[derive(Debug, Error)]
pub enum RunDirError {
    /// A name that would leave the directory or hide in it.
    #[error("{name:?} cannot name a directory: use letters, digits, '-' and '_'")]
    BadName {
        /// The drill, arm or load.
        name: String,
    },
    /// The path is not the directory of a run.
    #[error("{} is not a run directory: it holds no journal.jsonl and no SHA256SUMS", .path.display())]
    NotARun {
        /// What was given.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A document could not be turned into JSON.
    #[error("cannot write {} as JSON: {source}", .path.display())]
    Json {
        /// The file it was meant for.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// The journal could not be started.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl RunDir {
    /// Makes the directory of a new run of `drill`, starts its journal and points `latest` at it.
    ///
    /// # Errors
    /// A drill id that is no plain name, or a root that cannot be written to.
    pub fn create(root: &Path, drill: &str) -> Result<(Self, Journal), RunDirError> {
        plain(drill)?;
        let runs = root.join(drill);
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let path = runs.join(format!("{now}-{}", ulid::Ulid::generate()));
        let measurements = path.join("measurements");
        fs::create_dir_all(&measurements).map_err(io_error("create", &measurements))?;
        let run = Self { path };
        let journal = Journal::create(&run.journal())?;
        run.point_latest(&runs)?;
        Ok((run, journal))
    }

    /// An existing run; a `latest` link is followed to the run it names. One that was sealed is
    /// opened without its journal too, so that [`crate::verify`] can tell what is missing.
    ///
    /// # Errors
    /// When the path cannot be read or is not a run directory.
    pub fn open(path: &Path) -> Result<Self, RunDirError> {
        let path = path.canonicalize().map_err(io_error("open", path))?;
        let run = Self { path };
        if run.journal().is_file() || run.sums().is_file() {
            Ok(run)
        } else {
            Err(RunDirError::NotARun { path: run.path })
        }
    }

    /// The run that is, or should be, in a directory.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's name: `<utc>-<ulid>`.
    #[must_use]
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// The plan that was executed.
    #[must_use]
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// The runbook as its author wrote it.
    #[must_use]
    pub fn runbook(&self) -> PathBuf {
        self.path.join("runbook.yaml")
    }

    /// The profile and the nodes of the lab.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.path.join("configuration.json")
    }

    /// What was done, as it happened.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// The directory of one arm's recordings, made if need be.
    ///
    /// # Errors
    /// An arm that is no plain name, or a directory that cannot be made.
    pub fn arm(&self, arm: &str) -> Result<PathBuf, RunDirError> {
        plain(arm)?;
        let path = self.path.join("arms").join(arm);
        fs::create_dir_all(&path).map_err(io_error("create", &path))?;
        Ok(path)
    }

    /// What every client of one of an arm's loads asked and was told (zstd JSONL of `Operation`).
    ///
    /// # Errors
    /// As [`Self::arm`], and a load that is no plain name.
    pub fn history(&self, arm: &str, load: &str) -> Result<PathBuf, RunDirError> {
        plain(load)?;
        let name = format!("history-{load}.jsonl.zst");
        Ok(self.arm(arm)?.join(name))
    }

    /// What the stores held after an arm (zstd JSONL of `Fact`).
    ///
    /// # Errors
    /// As [`Self::arm`].
    pub fn snapshot(&self, arm: &str) -> Result<PathBuf, RunDirError> {
        Ok(self.arm(arm)?.join("snapshot.jsonl.zst"))
    }

    /// The directory of sampled series.
    #[must_use]
    pub fn measurements(&self) -> PathBuf {
        self.path.join("measurements")
    }

    /// The verdict document.
    #[must_use]
    pub fn verdict(&self) -> PathBuf {
        self.path.join("verdict.json")
    }

    /// The report.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.path.join("report.md")
    }

    /// The report for a browser.
    #[must_use]
    pub fn html(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The verdict for a build server.
    #[must_use]
    pub fn junit(&self) -> PathBuf {
        self.path.join("junit.xml")
    }

    /// The digests of all other files; there once the run came to its end.
    #[must_use]
    pub fn sums(&self) -> PathBuf {
        self.path.join(crate::seal::SUMS)
    }

    /// Writes one JSON document of the run, indented, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be expressed as JSON or not be written.
    pub fn write_json(&self, path: &Path, document: &impl Serialize) -> Result<(), RunDirError> {
        let mut text =
            serde_json::to_string_pretty(document).map_err(|source| RunDirError::Json {
                path: path.to_owned(),
                source,
            })?;
        text.push('\n');
        write_atomic(path, text.as_bytes()).map_err(io_error("write", path))
    }

    /// Writes one text of the run, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_text(&self, path: &Path, text: &str) -> Result<(), RunDirError> {
        write_atomic(path, text.as_bytes()).map_err(io_error("write", path))
    }

    /// A new link is made and renamed over the old one, so `latest` always names a run.
    fn point_latest(&self, runs: &Path) -> Result<(), RunDirError> {
        let latest = runs.join(LATEST);
        let fresh = beside(&latest).map_err(io_error("link", &latest))?;
        std::os::unix::fs::symlink(self.name(), &fresh).map_err(io_error("link", &fresh))?;
        fs::rename(&fresh, &latest).map_err(|source| {
            let _ = fs::remove_file(&fresh);
            io_error("replace", &latest)(source)
        })?;
        sync_parent(&latest).map_err(io_error("sync", &latest))
    }
}

fn plain(name: &str) -> Result<(), RunDirError> {
    let fine = !name.is_empty()
        && name != LATEST
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if fine {
        Ok(())
    } else {
        Err(RunDirError::BadName {
            name: name.to_owned(),
        })
    }
}

pub(crate) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunDirError {
    move |source| RunDirError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_names_the_newest_run_and_older_runs_stay() {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = RunDir::create(root.path(), "E-002").unwrap();
        let latest = root.path().join("E-002").join(LATEST);
        assert_eq!(fs::read_link(&latest).unwrap(), PathBuf::from(first.name()));
        let (second, _) = RunDir::create(root.path(), "E-002").unwrap();
        assert_ne!(first, second);
        assert_eq!(RunDir::open(&latest).unwrap().name(), second.name());
        assert!(first.journal().is_file());
        let left = fs::read_dir(root.path().join("E-002")).unwrap().count();
        assert_eq!(left, 3, "two runs and the link, nothing temporary");
    }

    #[test]
    fn names_that_would_leave_the_directory_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for name in ["", "..", "a/b", "latest", "E 2"] {
            let refused = RunDir::create(root.path(), name);
            assert!(
                matches!(refused, Err(RunDirError::BadName { .. })),
                "{name:?}"
            );
        }
        let (run, _) = RunDir::create(root.path(), "E-002").unwrap();
        assert!(run.history("../../x", "orders").is_err());
        assert!(run.history("outbox", "../x").is_err());
        let history = run.history("outbox", "orders").unwrap();
        assert!(history.ends_with("arms/outbox/history-orders.jsonl.zst"));
    }

    #[test]
    fn a_directory_without_a_journal_is_not_a_run() {
        let root = tempfile::tempdir().unwrap();
        let opened = RunDir::open(root.path());
        assert!(matches!(opened, Err(RunDirError::NotARun { .. })));
    }

    #[test]
    fn documents_are_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let (run, _) = RunDir::create(root.path(), "E-002").unwrap();
        run.write_json(&run.plan(), &serde_json::json!({"a": 1}))
            .unwrap();
        run.write_json(&run.plan(), &serde_json::json!({"a": 2}))
            .unwrap();
        assert_eq!(
            fs::read_to_string(run.plan()).unwrap(),
            "{\n  \"a\": 2\n}\n"
        );
    }
}
