//! The files of a run, and their digests.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Flaw, SUMS, SealError, io_error};
use crate::walk::{LeafKind, leaves};

const CHUNK_BYTES: usize = 1 << 16;

/// What there is to be sealed in a run directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Paths relative to the run directory, sorted by their bytes; without `SHA256SUMS`.
    pub files: Vec<String>,
    /// Their length together.
    pub bytes: u64,
    /// What cannot be sealed.
    pub flaws: Vec<Flaw>,
}

/// Everything in the run directory.
pub(super) fn under(root: &Path) -> Result<Files, SealError> {
    let mut found = Files::default();
    for leaf in leaves(root).map_err(io_error("read", root))? {
        let path = leaf.path.to_string_lossy().into_owned();
        match leaf.kind {
            LeafKind::Link => found.flaws.push(Flaw::Link { path }),
            LeafKind::Other => found.flaws.push(Flaw::NoFile { path }),
            LeafKind::File(_) if path == SUMS => {}
            LeafKind::File(_) if leaf.path.to_str().is_none_or(|path| !plain(path)) => {
                found.flaws.push(Flaw::Name { path });
            }
            LeafKind::File(bytes) => {
                found.files.push(path);
                found.bytes += bytes;
            }
        }
    }
    found.files.sort();
    Ok(found)
}

/// Whether `sha256sum` writes a name as it is.
pub(super) fn plain(path: &str) -> bool {
    !path.contains(|c: char| c.is_control() || c == '\\')
}

/// SHA-256 of a file, in hex.
pub(super) fn digest(path: &Path) -> Result<String, SealError> {
    let mut file = File::open(path).map_err(io_error("open", path))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk).map_err(io_error("read", path))? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(&chunk[..read]),
        }
    }
}
