//! The seal: `SHA256SUMS` over every file of a run, written last of all.
//!
//! `sha256sum -c SHA256SUMS` accepts it. [`verify`] asks more: nothing may be there that is not
//! listed, and where something was changed it says where. The last line, a comment to
//! `sha256sum`, is the digest of the lines before it: it tells a changed line from a changed
//! file. Whoever rewrites files and sums alike is not seen here; that takes a signature.

mod changes;
mod files;
mod flaw;
mod sums;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use flaw::{Flaw, Place};

use crate::atomic::write_atomic;
use crate::journal::{JournalError, Summary, verify_sealed};
use crate::run_dir::RunDir;
use crate::verdict::VerdictDocument;
use sums::Sums;

/// Name of the file in the run directory.
pub const SUMS: &str = "SHA256SUMS";

/// What a run that is as it was sealed amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Files listed, every one as it was.
    pub files: u64,
    /// Their length together, in bytes.
    pub bytes: u64,
    /// The journal, which agrees with the verdict.
    pub journal: Summary,
}

/// Why a run could not be sealed, or is not as it was sealed.
#[derive(Debug, Error)]
pub enum SealError {
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
    /// The run was never sealed.
    #[error("{} has no SHA256SUMS: the run did not come to its end", .run.display())]
    Unsealed {
        /// The run.
        run: PathBuf,
    },
    /// The run is not as it was, or not fit to be sealed.
    #[error("{} is not sound: {}", .run.display(), told(.flaws))]
    Flawed {
        /// The run.
        run: PathBuf,
        /// Everything found, by path; never empty.
        flaws: Vec<Flaw>,
    },
}

/// Writes [`SUMS`] over every file of a run that came to its end. Nothing may be written after.
///
/// # Errors
/// A run that [`verify`] would not accept: a link in it, a name that `sha256sum` would have to
/// escape, no verdict, a journal that does not agree with it. A directory that cannot be read or
/// written to.
pub fn seal(run: &RunDir) -> Result<Verified, SealError> {
    let found = files::under(run.path())?;
    flawless(run, found.flaws)?;
    let journal = agreed(run)?;
    let mut sums = Sums::default();
    for path in &found.files {
        sums.add(files::digest(&run.path().join(path))?, path.clone());
    }
    let path = run.sums();
    write_atomic(&path, sums.text().as_bytes()).map_err(io_error("write", &path))?;
    Ok(Verified {
        files: found.files.len() as u64,
        bytes: found.bytes,
        journal,
    })
}

/// Checks that a run is as it was sealed, and that its verdict belongs to its journal.
///
/// # Errors
/// [`SealError::Unsealed`], or [`SealError::Flawed`] with everything that is not as it was.
pub fn verify(run: &RunDir) -> Result<Verified, SealError> {
    let text = sums_text(run)?;
    let found = files::under(run.path())?;
    flawless(run, changes::since(run.path(), &text, &found)?)?;
    Ok(Verified {
        files: found.files.len() as u64,
        bytes: found.bytes,
        journal: agreed(run)?,
    })
}

fn sums_text(run: &RunDir) -> Result<Vec<u8>, SealError> {
    let path = run.sums();
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SealError::Unsealed {
            run: run.path().to_owned(),
        }),
        Ok(meta) if meta.is_symlink() => {
            let path = SUMS.to_owned();
            flawless(run, vec![Flaw::Link { path }]).map(|()| Vec::new())
        }
        _ => fs::read(&path).map_err(io_error("read", &path)),
    }
}

/// The journal, if it is the one that the verdict speaks of.
fn agreed(run: &RunDir) -> Result<Summary, SealError> {
    let refuse = |flaw| SealError::Flawed {
        run: run.path().to_owned(),
        flaws: vec![flaw],
    };
    let path = run.verdict();
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = "verdict.json".to_owned();
            return Err(refuse(Flaw::Missing { path }));
        }
        read => read.map_err(io_error("read", &path))?,
    };
    let verdict: VerdictDocument = serde_json::from_slice(&text).map_err(|error| {
        refuse(Flaw::Verdict {
            why: error.to_string(),
        })
    })?;
    match verify_sealed(&run.journal(), &verdict.journal) {
        Ok(summary) => Ok(summary),
        Err(JournalError::Tampered(error)) => Err(refuse(Flaw::Journal {
            line: error.line,
            why: error.why,
        })),
        Err(JournalError::Io { source, .. }) => Err(io_error("read", &run.journal())(source)),
        Err(error) => Err(io_error("read", &run.journal())(io::Error::other(error))),
    }
}

fn flawless(run: &RunDir, mut flaws: Vec<Flaw>) -> Result<(), SealError> {
    if flaws.is_empty() {
        return Ok(());
    }
    flaws.sort_by(|a, b| a.path().cmp(b.path()));
    Err(SealError::Flawed {
        run: run.path().to_owned(),
        flaws,
    })
}

fn told(flaws: &[Flaw]) -> String {
    let told: Vec<String> = flaws.iter().map(Flaw::to_string).collect();
    told.join("; ")
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SealError {
    move |source| SealError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
