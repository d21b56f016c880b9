//! Files of a lab: written whole or not at all.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::LabError;

/// Mode of files that hold secrets.
pub const OWNER_ONLY: u32 = 0o600;
/// Mode of other files.
pub const READABLE: u32 = 0o644;

/// Bytes that may still be written at `path`, which need not exist yet.
///
/// # Errors
/// When the file system cannot be asked.
pub fn free_bytes(path: &Path) -> Result<u64, LabError> {
    let existing = nearest(path);
    let space = rustix::fs::statvfs(existing).map_err(|e| LabError::io(existing, e.into()))?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

/// `path`, or the nearest directory above it that exists.
pub fn nearest(path: &Path) -> &Path {
    path.ancestors()
        .find(|p| p.exists())
        .unwrap_or(Path::new("/"))
}

/// Writes `bytes` to `path` through a temporary file beside it, so that a reader sees the old or
/// the new content and a crash leaves no half.
///
/// # Errors
/// When the file system refuses.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), LabError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let result = (|| {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&temporary, path)
    })();
    result.map_err(|e| {
        let _ = std::fs::remove_file(&temporary);
        LabError::io(path, e)
    })
}

/// Writes `value` as indented JSON.
///
/// # Errors
/// When the file system refuses.
pub fn write_json(path: &Path, value: &impl Serialize, mode: u32) -> Result<(), LabError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| LabError::io(path, e.into()))?;
    text.push(b'\n');
    write(path, &text, mode)
}

/// Reads a JSON file.
///
/// # Errors
/// When it is missing or not of the expected shape.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, LabError> {
    let bytes = std::fs::read(path).map_err(|e| LabError::io(path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| LabError::BadFile {
        path: path.to_owned(),
        reason: e.to_string(),
    })
}

/// Makes a directory and its parents.
///
/// # Errors
/// When the file system refuses.
pub fn make_dir(path: &Path) -> Result<(), LabError> {
    std::fs::create_dir_all(path).map_err(|e| LabError::io(path, e))
}

/// Makes a directory that only its owner can enter: labs hold passwords and data.
///
/// # Errors
/// When the file system refuses.
pub fn make_private_dir(path: &Path) -> Result<(), LabError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(|e| LabError::io(path, e))
}

/// The last `count` lines of a log, without reading more than its last 64 KiB.
pub fn tail(path: &Path, count: usize) -> Vec<String> {
    use std::io::{Read, Seek, SeekFrom};
    let Ok(mut file) = std::fs::File::open(path) else {
        return Vec::new();
    };
    let length = file.metadata().map_or(0, |m| m.len());
    let mut bytes = Vec::new();
    if file
        .seek(SeekFrom::Start(length.saturating_sub(65_536)))
        .is_err()
        || file.read_to_end(&mut bytes).is_err()
    {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..]
        .iter()
        .map(|l| (*l).to_owned())
        .collect()
}
