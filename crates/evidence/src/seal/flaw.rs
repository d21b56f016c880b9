//! What can be wrong with a run that was sealed, or is to be.

use std::fmt;

use super::SUMS;

/// One thing that is not as it was sealed. Paths are relative to the run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A file has other bytes.
    Changed {
        /// The file.
        path: String,
        /// Where, if its form tells.
        place: Option<Place>,
    },
    /// A file that is listed is not there.
    Missing {
        /// The file.
        path: String,
    },
    /// A file is there that is not listed.
    Unlisted {
        /// The file.
        path: String,
    },
    /// A symbolic link: what it leads to is no part of the run.
    Link {
        /// The link.
        path: String,
    },
    /// A pipe, a socket or a device.
    NoFile {
        /// What it is called.
        path: String,
    },
    /// A name that `sha256sum` would have to escape.
    Name {
        /// The name, as far as it is text.
        path: String,
    },
    /// A line of `SHA256SUMS` is none, or is not the one that was written.
    Sums {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `verdict.json` is no verdict.
    Verdict {
        /// What is wrong with it.
        why: String,
    },
    /// The journal is not the one that the verdict speaks of.
    Journal {
        /// The first line that does not fit, from 1.
        line: u64,
        /// What does not fit.
        why: &'static str,
    },
}

/// Where a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of the journal, from 1: the first that does not follow from the one before.
    Line(u64),
    /// A record of a recording, from 1: the first that cannot be read.
    Record(u64),
}

impl Flaw {
    /// The file it is about, relative to the run directory.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Changed { path, .. }
            | Self::Missing { path }
            | Self::Unlisted { path }
            | Self::Link { path }
            | Self::NoFile { path }
            | Self::Name { path } => path,
            Self::Sums { .. } => SUMS,
            Self::Verdict { .. } => "verdict.json",
            Self::Journal { .. } => "journal.jsonl",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        match self {
            Self::Changed { place, .. } => {
                write!(f, "{path} was changed")?;
                match place {
                    None => Ok(()),
                    Some(Place::Line(line)) => write!(f, " at line {line}"),
                    Some(Place::Record(record)) => {
                        write!(f, ": record {record} cannot be read")
                    }
                }
            }
            Self::Missing { .. } => write!(f, "{path} is missing"),
            Self::Unlisted { .. } => write!(f, "{path} was added: {SUMS} does not list it"),
            Self::Link { .. } => write!(f, "{path} is a symbolic link"),
            Self::NoFile { .. } => write!(f, "{path} is not a file"),
            Self::Name { .. } => write!(f, "{path:?} is no name for a file of a run"),
            Self::Sums { line, why } => write!(f, "{SUMS} was changed: line {line}: {why}"),
            Self::Verdict { why } => write!(f, "{path} is not a verdict: {why}"),
            Self::Journal { line, why } => {
                write!(
                    f,
                    "{path} does not belong to the verdict: line {line}: {why}"
                )
            }
        }
    }
}
