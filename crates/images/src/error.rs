//! What can go wrong with images on this machine, and the next thing to do. Pushing has errors of its own.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::Architecture;

/// Why images could not be assembled. Nothing half-made stays behind.
#[derive(Debug, Error)]
pub enum AssembleError {
    /// A file was built for another processor.
    #[error("{}: built for {found}, wanted {wanted}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What it was built for.
        found: String,
        /// What the image is for.
        wanted: Architecture,
    },
    /// A library is nowhere to be found.
    #[error("{} needs {library}, which is in none of {searched}", path.display())]
    LibraryMissing {
        /// The file that wants it.
        path: PathBuf,
        /// The library, or the loader.
        library: String,
        /// Directories that were looked into.
        searched: String,
    },
    /// A file begins like ELF and does not go on like it.
    #[error("{}: cannot be read as ELF: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No certificate bundle where systems keep theirs.
    #[error("no certificate bundle: none of {tried} exists")]
    NoTrust {
        /// Paths that were tried.
        tried: String,
    },
    /// A certificate bundle without certificates.
    #[error("{}: holds no certificate in PEM", .0.display())]
    NotPem(
        /// The file.
        PathBuf,
    ),
    /// The plan contradicts itself.
    #[error("image {image}: {why}")]
    Plan {
        /// The image.
        image: String,
        /// What is wrong.
        why: String,
    },
    /// Something that is no layout is where one is to be written.
    #[error("will not replace {}: it is no image layout", .0.display())]
    Occupied(
        /// What is there.
        PathBuf,
    ),
    /// A file was written to while it was read.
    #[error("{}: changed while it was read", .0.display())]
    Changed(
        /// The file.
        PathBuf,
    ),
    /// The file system is full.
    #[error("disk full at {}", .0.display())]
    DiskFull(
        /// Where room is needed.
        PathBuf,
    ),
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
    /// What was written could not be read back.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl AssembleError {
    pub(crate) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Io { what, path, source },
        }
    }

    /// What the user can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Architecture { wanted, .. } => format!(
                "build the programs for {wanted} and name a system of that architecture for the libraries, or choose the tasks' architecture after the programs"
            ),
            Self::LibraryMissing { library, .. } => {
                format!("install the package that has {library}; ldd shows what else is missing")
            }
            Self::Malformed { .. } | Self::Changed(_) => {
                "build the programs again, and wait until the build has ended".into()
            }
            Self::NoTrust { .. } => "install ca-certificates, or name a bundle in PEM".into(),
            Self::NotPem(_) => {
                "a bundle has lines of BEGIN CERTIFICATE; convert others with openssl x509".into()
            }
            Self::Occupied(_) => "name a directory that is not there yet".into(),
            Self::Plan { .. } => "correct the image's plan".into(),
            Self::DiskFull(path) => format!("see df -h {}, and free some space", path.display()),
            Self::Io { path, .. } => format!("check owner and rights: ls -ld {}", path.display()),
            Self::Layout(error) => error.hint(),
        }
    }
}

/// Why an image layout cannot be used.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// A file or blob is not there or cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A blob is not what its name says.
    #[error("{}: corrupted, expected {expected} of {expected_bytes} bytes, got {got} of {got_bytes}", path.display())]
    Corrupted {
        /// The blob.
        path: PathBuf,
        /// Digest that it is named by.
        expected: String,
        /// Size in bytes that it is referred to with.
        expected_bytes: u64,
        /// Digest found.
        got: String,
        /// Size found, in bytes.
        got_bytes: u64,
    },
    /// A document is not of the image specification.
    #[error("{}: not an image layout: {why}", path.display())]
    Malformed {
        /// The document.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no image of that name.
    #[error("no image {name} in {}; there are {have}", path.display())]
    Unknown {
        /// Name asked for.
        name: String,
        /// The layout.
        path: PathBuf,
        /// Names that there are.
        have: String,
    },
}

impl LayoutError {
    /// What the user can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => "choose one of those, or assemble the image first".into(),
            _ => "assemble the images again: the same files give the same digests".into(),
        }
    }
}
