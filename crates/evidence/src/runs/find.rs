//! Finds the run that somebody means.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Named, named};
use crate::run_dir::{RunDir, RunDirError};

/// Why no run was found.
#[derive(Debug, Error)]
pub enum FindError {
    /// Nothing is called so.
    #[error("no run {words:?} under {}", .root.display())]
    NotFound {
        /// What was asked for.
        words: String,
        /// Where.
        root: PathBuf,
    },
    /// Several runs begin so.
    #[error("{words:?} is the beginning of {} runs: {}", .runs.len(), .runs.join(", "))]
    Ambiguous {
        /// What was asked for.
        words: String,
        /// The names of the runs, the newest first.
        runs: Vec<String>,
    },
    /// It is there but cannot be opened.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
}

/// The run that `words` speak of: a path, a drill's id for its latest run, a run's name or the
/// unique beginning of one, or `<drill>/<run>`.
///
/// # Errors
/// None or several of that name, and a run that cannot be opened.
pub fn find(root: &Path, words: &str) -> Result<RunDir, FindError> {
    let runs = named(root)?;
    if let Some(latest) = runs.iter().find(|run| run.drill == words) {
        return Ok(RunDir::open(&latest.path)?);
    }
    let begins: Vec<&Named> = runs
        .iter()
        .filter(|run| !words.is_empty() && run.run.starts_with(words))
        .collect();
    match begins[..] {
        [run] => return Ok(RunDir::open(&run.path)?),
        [] => {}
        _ => {
            return Err(FindError::Ambiguous {
                words: words.to_owned(),
                runs: begins.iter().map(|run| run.run.clone()).collect(),
            });
        }
    }
    let paths = [PathBuf::from(words), root.join(words)];
    let path = paths
        .iter()
        .filter(|_| !words.is_empty())
        .find(|path| path.is_dir())
        .ok_or_else(|| FindError::NotFound {
            words: words.to_owned(),
            root: root.to_owned(),
        })?;
    Ok(RunDir::open(path)?)
}
