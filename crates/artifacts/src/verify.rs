//! The full check: every cached file and every file of every tree against its digest.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::{self, FileStamp};
use crate::{ArtifactError, Cache, Result, sha256_of};

/// A cached file that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, or the tree that has no readable stamp.
    pub path: PathBuf,
    /// SHA-256 it should have.
    pub expected: String,
    /// SHA-256 it has; `None` when it is gone or unreadable.
    pub got: Option<String>,
}

/// Outcome of [`Cache::verify`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files looked at.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Files that are not what they were. Removing the one named (or its whole tree) makes the next
    /// [`Cache::ensure`] fetch or make it again.
    pub damages: Vec<Damage>,
}

impl Cache {
    /// Reads every cached file and compares digests: seconds, not milliseconds. Blocks the calling thread.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] when a directory cannot be listed; an unreadable file is a [`Damage`].
    pub fn verify(&self) -> Result<Verified> {
        let mut verified = Verified::default();
        for blob in children(&self.root().join("blobs"))? {
            let digest = blob
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let size = fs::metadata(&blob)
                .map(|meta| meta.len())
                .unwrap_or_default();
            verified.check(blob, &digest, size);
        }
        for tree in children(&self.root().join("trees"))? {
            match tree::read_stamp(&tree) {
                Some(stamp) => {
                    for (name, FileStamp { size, sha256 }) in stamp.files {
                        verified.check(tree.join(name), &sha256, size);
                    }
                }
                None => verified.damages.push(Damage {
                    path: tree,
                    expected: "a stamp".into(),
                    got: None,
                }),
            }
        }
        Ok(verified)
    }
}

impl Verified {
    fn check(&mut self, path: PathBuf, expected: &str, size: u64) {
        self.files += 1;
        self.bytes += size;
        let got = sha256_of(&path).ok();
        if got.as_deref() != Some(expected) {
            self.damages.push(Damage {
                path,
                expected: expected.into(),
                got,
            });
        }
    }
}

fn children(dir: &Path) -> Result<Vec<PathBuf>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let list = fs::read_dir(dir).map_err(ArtifactError::io("list", dir))?;
    list.map(|entry| Ok(entry.map_err(ArtifactError::io("list", dir))?.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_byte_is_found_in_blobs_and_in_trees() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(dir.path())).unwrap();
        let (blobs, trees) = (dir.path().join("blobs"), dir.path().join("trees"));
        fs::create_dir_all(&blobs).unwrap();
        fs::create_dir_all(&trees).unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "content").unwrap();
        let blob = blobs.join(sha256_of(&file).unwrap());
        fs::rename(&file, &blob).unwrap();
        let staged = tempfile::tempdir_in(dir.path()).unwrap();
        fs::write(staged.path().join("server"), "binary").unwrap();
        tree::commit(staged, &trees.join("t")).unwrap();
        let clean = cache.verify().unwrap();
        assert_eq!((clean.files, clean.damages.len()), (2, 0));
        fs::write(&blob, "contenT").unwrap();
        fs::write(trees.join("t/server"), "binarY").unwrap();
        let damaged: Vec<PathBuf> = cache
            .verify()
            .unwrap()
            .damages
            .into_iter()
            .map(|d| d.path)
            .collect();
        assert_eq!(damaged, [blob, trees.join("t/server")]);
    }
}
