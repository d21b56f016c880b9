//! Everything in a directory, without following a link.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Something that is not a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Where, from the directory that was walked.
    pub path: PathBuf,
    pub kind: LeafKind,
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeafKind {
    /// A file of so many bytes.
    File(u64),
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// Every leaf at any depth under `root`, in no particular order.
pub(crate) fn leaves(root: &Path) -> io::Result<Vec<Leaf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(root.join(&dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            let meta = entry.metadata()?;
            let kind = match meta.file_type() {
                kind if kind.is_dir() => {
                    open.push(path);
                    continue;
                }
                kind if kind.is_file() => LeafKind::File(meta.len()),
                kind if kind.is_symlink() => LeafKind::Link,
                _ => LeafKind::Other,
            };
            found.push(Leaf { path, kind });
        }
    }
    Ok(found)
}
