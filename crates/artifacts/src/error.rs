//! What can go wrong on the way to a ready set of servers, and the next command to type.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file that was delivered but not let into the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its SHA-256 is not the locked one.
    Digest {
        /// File name.
        file: String,
        /// Locked digest.
        expected: String,
        /// Digest of what arrived.
        got: String,
    },
    /// Its size is not the locked one: usually cut off.
    Size {
        /// File name.
        file: String,
        /// Locked size in bytes.
        expected: u64,
        /// Bytes that arrived.
        got: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Digest {
                file,
                expected,
                got,
            } => {
                write!(
                    f,
                    "{file}: digest is wrong, expected sha256 {expected}, got {got}"
                )
            }
            Refusal::Size {
                file,
                expected,
                got,
            } if got < expected => {
                write!(f, "{file}: cut off, expected {expected} bytes, got {got}")
            }
            Refusal::Size {
                file,
                expected,
                got,
            } => {
                write!(f, "{file}: too long, expected {expected} bytes, got {got}")
            }
        }
    }
}

/// Why the servers could not be made ready. Nothing half-made stays behind.
#[derive(Debug, Error)]
pub enum ArtifactError {
    /// There is no server build for this operating system or processor.
    #[error("no servers for {os} on {arch}: the pinned MySQL is built for linux on x86_64 only")]
    Platform {
        /// Operating system found.
        os: String,
        /// Processor architecture found.
        arch: String,
    },
    /// A package client is not installed.
    #[error("{client} is not installed, and {needed_for} come through it")]
    ClientMissing {
        /// Command looked for.
        client: &'static str,
        /// What would have been fetched.
        needed_for: String,
    },
    /// The system lacks a library and it could not be had as a package.
    #[error(
        "MySQL needs {libraries}, which this system does not have, and fetching them failed: {why}"
    )]
    Libraries {
        /// Sonames, comma-separated.
        libraries: String,
        /// What the package client said.
        why: String,
    },
    /// A client ended without success.
    #[error("{client} failed with {status}\n{tail}")]
    ClientFailed {
        /// Command that was run.
        client: &'static str,
        /// Its exit status.
        status: String,
        /// Its last lines of output.
        tail: String,
    },
    /// A client could not reach its registry.
    #[error("{client} has no network\n{tail}")]
    NoNetwork {
        /// Command that was run.
        client: &'static str,
        /// Its last lines of output.
        tail: String,
    },
    /// A client ended well without delivering what it was asked for.
    #[error("{client} did not deliver {what}")]
    NotDelivered {
        /// Command that was run.
        client: &'static str,
        /// Coordinate asked for.
        what: String,
    },
    /// Files arrived that are not the pinned ones; they were removed.
    #[error("refused {} of the files that arrived\n{}", .0.len(), lines(.0))]
    Refused(
        /// Every refused file.
        Vec<Refusal>,
    ),
    /// The file system cannot hold what is still to come.
    #[error("disk full at {}: {}", path.display(), room(*needed, *free))]
    DiskFull {
        /// Where the space is needed.
        path: PathBuf,
        /// Bytes still needed, when known beforehand.
        needed: Option<u64>,
        /// Bytes free, when known.
        free: Option<u64>,
    },
    /// An accepted file could not be unpacked.
    #[error("cannot unpack {what}: {why}")]
    Unpack {
        /// File or tree.
        what: String,
        /// The reason.
        why: String,
    },
    /// A server could not be prepared.
    #[error("cannot prepare {what}: {why}\n{tail}")]
    Prepare {
        /// What was being made.
        what: &'static str,
        /// The reason.
        why: String,
        /// Last lines of the server's log.
        tail: String,
    },
    /// A data directory is to be restored where something already is.
    #[error("will not restore MySQL's data into {}: it exists and is not empty", .0.display())]
    NotEmpty(
        /// The directory.
        PathBuf,
    ),
    /// No home directory to keep a cache in.
    #[error("no place for the cache: neither RLAB_CACHE, XDG_CACHE_HOME nor HOME is set")]
    NoHome,
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl ArtifactError {
    /// What the user can do about it: one sentence, the next command where there is one.
    pub fn hint(&self) -> String {
        match self {
            Self::Platform { .. } => "run on an x86-64 Linux machine or virtual machine".into(),
            Self::ClientMissing { client: "mvn", .. } => {
                "install Maven: apt-get install maven, dnf install maven, or your system's package".into()
            }
            Self::ClientMissing { client: "pip", .. } => {
                "install pip: apt-get install python3-pip, dnf install python3-pip, or your system's package".into()
            }
            Self::ClientMissing { .. } | Self::Libraries { .. } => {
                "install the libraries as root: apt-get install libaio1 libnuma1 (Debian 12), apt-get install libaio1t64 libnuma1 (Debian 13, Ubuntu 24.04), or dnf install libaio numactl-libs".into()
            }
            Self::ClientFailed { client, .. } | Self::NotDelivered { client, .. } => {
                format!("check that your {client} mirrors and proxies offer the pinned versions, then run the command again")
            }
            Self::NoNetwork { client, .. } => format!(
                "check the connection, or {client}'s proxy and mirror settings; a filled cache copied here (RLAB_CACHE) needs no network"
            ),
            Self::Refused(_) => {
                "run the command again; if it repeats, a mirror or proxy alters the files: compare with sha256sum from another network".into()
            }
            Self::DiskFull { path, .. } => {
                format!("see df -h {}, free some space, or set RLAB_CACHE to a directory on another disk", path.display())
            }
            Self::Unpack { .. } => "rlab-ops doctor checks every cached file against its digest".into(),
            Self::Prepare { .. } => "read the lines above; rlab-ops doctor checks memory, ports and libraries".into(),
            Self::NotEmpty(path) => format!("rlab-ops down --purge removes the lab's data, or move {} away", path.display()),
            Self::NoHome => "export RLAB_CACHE=/some/writable/directory".into(),
            Self::Io { path, .. } => format!("check owner and rights: ls -ld {}", path.display()),
        }
    }

    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull {
                path,
                needed: None,
                free: None,
            },
            _ => Self::Io { what, path, source },
        }
    }
}

fn lines(refusals: &[Refusal]) -> String {
    refusals
        .iter()
        .map(Refusal::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn room(needed: Option<u64>, free: Option<u64>) -> String {
    let mb = |bytes: u64| bytes.div_ceil(1 << 20);
    match (needed, free) {
        (Some(needed), Some(free)) => format!("{} MiB needed, {} MiB free", mb(needed), mb(free)),
        _ => "no space left while writing".into(),
    }
}
