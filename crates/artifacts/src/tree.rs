//! Unpacked and prepared trees: built in staging, stamped with what they contain, renamed into place complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{ArtifactError, Result, sha256_of};

/// Name of the stamp inside a tree.
pub(crate) const STAMP: &str = ".rlab-stamp.json";

/// What a tree is made of and how; another recipe is another tree.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub name: &'static str,
    /// Raised when the way of making it changes.
    pub revision: u32,
    /// Digests and settings it depends on.
    pub made_of: Vec<String>,
    /// Bytes it takes on disk, roughly, for the preflight.
    pub disk_bytes: u64,
}

impl Recipe {
    /// Directory name: the tree's name and a digest of everything it depends on.
    pub fn directory(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.revision.to_be_bytes());
        for part in &self.made_of {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        format!("{}-{}", self.name, &hex::encode(hasher.finalize())[..16])
    }
}

/// A complete tree.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub path: PathBuf,
    /// Changes whenever the tree is made again; class-data archives record file times and depend on it.
    pub identity: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub identity: String,
    pub files: BTreeMap<String, FileStamp>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FileStamp {
    pub size: u64,
    pub sha256: String,
}

/// Runs file work that would stall the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(e) => match e.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(e) => Err(ArtifactError::io("finish", "background work")(
                std::io::Error::other(e),
            )),
        },
    }
}

/// The tree at `path` if it is complete: stamped, and every file there with its size.
pub(crate) fn find(path: &Path) -> Option<Tree> {
    let stamp = read_stamp(path)?;
    let intact = |(name, file): (&String, &FileStamp)| {
        fs::symlink_metadata(path.join(name)).is_ok_and(|meta| meta.len() == file.size)
    };
    stamp.files.iter().all(intact).then(|| Tree {
        path: path.into(),
        identity: stamp.identity,
    })
}

pub(crate) fn read_stamp(tree: &Path) -> Option<Stamp> {
    serde_json::from_slice(&fs::read(tree.join(STAMP)).ok()?).ok()
}

/// Stamps the finished tree in `staged` and renames it to `path`, which is where it begins to exist.
pub(crate) fn commit(staged: tempfile::TempDir, path: &Path) -> Result<Tree> {
    let mut files = BTreeMap::new();
    list(staged.path(), staged.path(), &mut files)?;
    let made_at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let stamp = Stamp {
        identity: format!("{made_at:x}"),
        files,
    };
    let file = staged.path().join(STAMP);
    let write = || -> std::io::Result<()> {
        let mut out = File::create(&file)?;
        out.write_all(&serde_json::to_vec(&stamp)?)?;
        out.sync_all()
    };
    write().map_err(ArtifactError::io("write", &file))?;
    fs::rename(staged.path(), path).map_err(ArtifactError::io("move into the cache", path))?;
    let _ = staged.keep();
    Ok(Tree {
        path: path.into(),
        identity: stamp.identity,
    })
}

/// Every regular file below `dir`, named relative to `root`.
fn list(root: &Path, dir: &Path, into: &mut BTreeMap<String, FileStamp>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(ArtifactError::io("list", dir))? {
        let path = entry.map_err(ArtifactError::io("list", dir))?.path();
        let meta = fs::symlink_metadata(&path).map_err(ArtifactError::io("read", &path))?;
        if meta.is_dir() {
            list(root, &path, into)?;
        } else if meta.is_file() {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            into.insert(
                name,
                FileStamp {
                    size: meta.len(),
                    sha256: sha256_of(&path)?,
                },
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(made_of: &[&str], revision: u32) -> Recipe {
        Recipe {
            name: "t",
            revision,
            made_of: made_of.iter().map(|&s| s.into()).collect(),
            disk_bytes: 0,
        }
    }

    #[test]
    fn another_recipe_is_another_tree() {
        let base = recipe(&["ab", "c"], 1).directory();
        assert_eq!(base, recipe(&["ab", "c"], 1).directory());
        assert_ne!(base, recipe(&["a", "bc"], 1).directory());
        assert_ne!(base, recipe(&["ab", "c"], 2).directory());
    }

    #[test]
    fn a_tree_exists_only_once_committed_and_only_while_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t");
        let staged = tempfile::tempdir_in(dir.path()).unwrap();
        fs::create_dir(staged.path().join("bin")).unwrap();
        fs::write(staged.path().join("bin/server"), "binary").unwrap();
        assert!(find(staged.path()).is_none(), "unstamped");
        commit(staged, &path).unwrap();
        assert!(find(&path).is_some());
        fs::write(path.join("bin/server"), "bin").unwrap();
        assert!(find(&path).is_none(), "cut off");
    }
}
