//! Why a rehearsal could not be started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why a rehearsal could not be started.
#[derive(Debug, Error)]
pub enum RehearsalError {
    /// The front's port cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The port asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A file or directory of the backends.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program that the backends need cannot be started.
    #[error("cannot start {program}: {source}")]
    Program {
        /// Which.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The backends' Python environment could not be made.
    #[error("{step} failed, see {}", log.display())]
    Environment {
        /// What was being done.
        step: String,
        /// What it said.
        log: PathBuf,
    },
    /// Something took longer than it may.
    #[error("{what} took longer than {} s", limit.as_secs())]
    TooLong {
        /// What.
        what: String,
        /// Longest it may take.
        limit: Duration,
    },
    /// A backend ended before it answered.
    #[error("{name} ended before it answered, see {}", log.display())]
    Ended {
        /// Which.
        name: String,
        /// What it said.
        log: PathBuf,
    },
    /// The control interface did not answer as expected.
    #[error("the rehearsal's control interface: {0}")]
    Control(String),
}

impl RehearsalError {
    /// The next thing to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "choose another port, or end what listens there",
            Self::File { .. } => "check that the directory is there and may be written",
            Self::Program { .. } => "install Python 3.11 or newer with its venv module",
            Self::Environment { .. } => "check that pip reaches its package index",
            Self::TooLong { .. } => "try again when the machine is less busy",
            Self::Ended { .. } => "its port may be taken",
            Self::Control(_) => "check the address and the token of the rehearsal",
        }
    }
}
