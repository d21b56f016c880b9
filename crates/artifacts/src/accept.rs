//! The only door into the cache: a file enters if its size and SHA-256 are the locked ones.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Refusal;
use crate::lockfile::Entry;
use crate::{ArtifactError, Result};

/// SHA-256 of a file, lowercase hexadecimal.
///
/// # Errors
/// [`ArtifactError::Io`] when the file cannot be read.
pub fn sha256_of(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(ArtifactError::io("open", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file
            .read(&mut buffer)
            .map_err(ArtifactError::io("read", path))?
        {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Moves `file` to `blob` when it is what `entry` says; removes it and says why when it is not.
pub(crate) fn accept(file: &Path, entry: &Entry, blob: &Path) -> Result<Option<Refusal>> {
    let got = fs::metadata(file)
        .map_err(ArtifactError::io("read", file))?
        .len();
    let refusal = if got == entry.size {
        let got = sha256_of(file)?;
        (got != entry.sha256).then(|| Refusal::Digest {
            file: entry.file.clone(),
            expected: entry.sha256.clone(),
            got,
        })
    } else {
        Some(Refusal::Size {
            file: entry.file.clone(),
            expected: entry.size,
            got,
        })
    };
    match refusal {
        Some(_) => fs::remove_file(file).map_err(ArtifactError::io("remove", file))?,
        None => fs::rename(file, blob).map_err(ArtifactError::io("move into the cache", blob))?,
    }
    Ok(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockfile::Part;

    fn entry(content: &[u8]) -> Entry {
        Entry {
            part: Part::Redis,
            source: "apt:x=1".parse().unwrap(),
            file: "x.jar".into(),
            sha256: hex::encode(Sha256::digest(content)),
            size: content.len() as u64,
            license: "MIT".into(),
        }
    }

    fn offer(locked: &[u8], arrived: &[u8]) -> (Option<Refusal>, bool, bool) {
        let dir = tempfile::tempdir().unwrap();
        let (file, blob) = (dir.path().join("x.jar"), dir.path().join("blob"));
        fs::write(&file, arrived).unwrap();
        let refusal = accept(&file, &entry(locked), &blob).unwrap();
        (refusal, file.exists(), blob.exists())
    }

    #[test]
    fn the_pinned_file_moves_into_the_cache() {
        assert_eq!(offer(b"server", b"server"), (None, false, true));
    }

    #[test]
    fn a_file_with_another_digest_is_refused_and_removed() {
        let (refusal, staged, cached) = offer(b"server", b"sErver");
        assert!(matches!(refusal, Some(Refusal::Digest { ref file, .. }) if file == "x.jar"));
        assert!(!staged && !cached);
    }

    #[test]
    fn a_file_cut_off_is_refused_and_removed() {
        let (refusal, staged, cached) = offer(b"server", b"serv");
        let refusal = refusal.unwrap();
        assert_eq!(
            refusal,
            Refusal::Size {
                file: "x.jar".into(),
                expected: 6,
                got: 4
            }
        );
        assert!(refusal.to_string().contains("cut off"));
        assert!(!staged && !cached);
    }
}
