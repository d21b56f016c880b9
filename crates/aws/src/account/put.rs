//! Stores files in a bucket, each with its checksum.

use std::io::Read;
use std::path::{Path, PathBuf};

use aws_sdk_s3::config::Config;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::base64;
use aws_smithy_types::error::display::DisplayErrorContext;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::connected::Account;
use super::error::AccountError;
use super::key;

/// Largest file that S3 takes in one piece, in bytes.
const LARGEST: u64 = 5 << 30;

/// What was stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Account {
    /// Stores `file` as `key`. S3 refuses it when what arrives is not what was read.
    ///
    /// # Errors
    /// [`AccountError::Unfit`] when it is larger than S3 takes in one piece; when AWS or the file system
    /// refuses.
    pub async fn put_file(
        &self,
        bucket: &str,
        key: &str,
        file: &Path,
    ) -> Result<Stored, AccountError> {
        let (bytes, sum) = checksum(file).await?;
        if bytes > LARGEST {
            return Err(unfit(
                file,
                format!("it has {bytes} bytes, not {LARGEST} at most"),
            ));
        }
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|e| unfit(file, DisplayErrorContext(e).to_string()))?;
        let put = self.clients().s3.put_object().bucket(bucket).key(key);
        let timeouts = self.bounds().timeouts_to_send(bytes, self.attempts());
        let longer = Config::builder().timeout_config(timeouts);
        let put = put.checksum_sha256(sum).body(body).customize();
        let put = put.config_override(longer).send().await;
        put.map_err(self.failed("S3", "PutObject"))?;
        Ok(Stored { files: 1, bytes })
    }

    /// Stores every file below `dir` under `prefix`, the one called `last`, if it is there, after all others:
    /// whoever finds that one finds everything.
    ///
    /// # Errors
    /// [`AccountError::Unfit`] for anything that is neither a file nor a directory; else as
    /// [`Self::put_file`].
    pub async fn put_dir(
        &self,
        bucket: &str,
        prefix: &str,
        dir: &Path,
        last: &str,
    ) -> Result<Stored, AccountError> {
        let mut files = Vec::new();
        walk(dir, Path::new(""), &mut files)?;
        // `false` comes before `true`.
        files.sort_by_cached_key(|file| (file == Path::new(last), file.clone()));
        let directory = key::directory(prefix);
        let mut stored = Stored::default();
        for file in files {
            let key = key::key(&directory, &file);
            let key = key.ok_or_else(|| unfit(&file, "its name is no key".to_owned()))?;
            let one = self.put_file(bucket, &key, &dir.join(&file)).await?;
            stored.files += one.files;
            stored.bytes += one.bytes;
        }
        Ok(stored)
    }
}

/// Every file below `root`/`at`, as a path below `root`.
fn walk(root: &Path, at: &Path, files: &mut Vec<PathBuf>) -> Result<(), AccountError> {
    let dir = root.join(at);
    let io = |e| AccountError::io(&dir, e);
    for entry in std::fs::read_dir(&dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (kind, path) = (entry.file_type().map_err(io)?, at.join(entry.file_name()));
        match kind {
            kind if kind.is_dir() => walk(root, &path, files)?,
            kind if kind.is_file() => files.push(path),
            _ => return Err(unfit(&root.join(&path), "it is no plain file".to_owned())),
        }
    }
    Ok(())
}

/// Size and SHA-256 of a file, the latter as S3 writes it.
async fn checksum(file: &Path) -> Result<(u64, String), AccountError> {
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || -> std::io::Result<(u64, String)> {
        let mut file = std::fs::File::open(&path)?;
        let (mut bytes, mut sum, mut piece) = (0, Sha256::new(), vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                return Ok((bytes, base64::encode(sum.finalize())));
            }
            bytes += read as u64;
            sum.update(&piece[..read]);
        }
    });
    let read = read.await.map_err(std::io::Error::other);
    read.flatten().map_err(|e| AccountError::io(file, e))
}

fn unfit(what: &Path, why: String) -> AccountError {
    let what = what.display().to_string();
    AccountError::Unfit { what, why }
}
