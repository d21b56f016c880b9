//! Brings what is stored under a prefix to this machine: all of it as it is stored, or nothing.

use std::path::{Path, PathBuf};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_types::base64;
use aws_smithy_types::error::display::DisplayErrorContext;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::connected::Account;
use super::error::AccountError;
use super::key;

/// Objects that are fetched at a time.
const AT_A_TIME: usize = 4;

/// What was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files whose size is right, but of which the store knows no checksum.
    pub unchecked: Vec<PathBuf>,
}

/// An object and the file it becomes.
struct Object {
    key: String,
    file: PathBuf,
    bytes: u64,
}

impl Account {
    /// Fetches everything under `prefix` into the new directory `to`. It is made elsewhere and renamed:
    /// if it is there, it is complete.
    ///
    /// # Errors
    /// [`AccountError::UnsafeKey`] before anything is fetched; [`AccountError::Damaged`] when size or
    /// checksum differ; [`AccountError::NothingStored`]; when AWS or the file system refuses.
    pub async fn fetch(
        &self,
        bucket: &str,
        prefix: &str,
        to: &Path,
    ) -> Result<Fetched, AccountError> {
        let io = |e| AccountError::io(to, e);
        if to.symlink_metadata().is_ok() {
            return Err(io(std::io::ErrorKind::AlreadyExists.into()));
        }
        let objects = self.objects(bucket, &key::directory(prefix)).await?;
        if objects.is_empty() {
            let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
            return Err(AccountError::NothingStored { bucket, prefix });
        }
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(io)?;
        let staging = tempfile::Builder::new()
            .prefix(".fetching-")
            .tempdir_in(parent);
        let staging = staging.map_err(io)?;
        let below = staging.path();
        let fetching = objects.iter().map(|object| async move {
            let checked = self.object(bucket, object, below).await?;
            Ok::<_, AccountError>((object, checked))
        });
        let fetching: Vec<_> = fetching.collect();
        let fetched = stream::iter(fetching).buffer_unordered(AT_A_TIME);
        let mut fetched: Vec<(&Object, bool)> = fetched.try_collect().await?;
        fetched.sort_by(|(one, _), (other, _)| one.file.cmp(&other.file));
        std::fs::rename(below, to).map_err(io)?;
        let unchecked = fetched.iter().filter(|(_, checked)| !checked);
        Ok(Fetched {
            files: objects.len(),
            bytes: objects.iter().map(|object| object.bytes).sum(),
            unchecked: unchecked.map(|(object, _)| object.file.clone()).collect(),
        })
    }

    async fn objects(&self, bucket: &str, directory: &str) -> Result<Vec<Object>, AccountError> {
        let list = self.clients().s3.list_objects_v2();
        let mut pages = list
            .bucket(bucket)
            .prefix(directory)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(self.failed("S3", "ListObjectsV2"))?;
            for object in page.contents() {
                let key = object.key().unwrap_or_default();
                let bytes = object.size().and_then(|size| u64::try_from(size).ok());
                let bytes = bytes.unwrap_or_default();
                // Consoles make an empty object to show a directory.
                if bytes == 0 && key.ends_with('/') {
                    continue;
                }
                let file = key::file(directory, key).map_err(|why| AccountError::UnsafeKey {
                    bucket: bucket.to_owned(),
                    key: key.to_owned(),
                    why,
                })?;
                let key = key.to_owned();
                objects.push(Object { key, file, bytes });
            }
        }
        Ok(objects)
    }

    /// Fetches one object; tells whether the store knew a checksum of it. What breaks off is begun again, as
    /// often as a call is.
    async fn object(
        &self,
        bucket: &str,
        object: &Object,
        below: &Path,
    ) -> Result<bool, AccountError> {
        let path = below.join(&object.file);
        let io = |e| AccountError::io(&path, e);
        if let Some(parent) = path.parent() {
            tokio::fs::create_dir_all(parent).await.map_err(io)?;
        }
        let mut attempt = 1;
        loop {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&path).await.map_err(io)?;
            match self.once(bucket, object, &mut file).await {
                Err(AccountError::Damaged { .. }) if attempt < self.attempts() => attempt += 1,
                result => return result,
            }
        }
    }

    async fn once(
        &self,
        bucket: &str,
        object: &Object,
        file: &mut File,
    ) -> Result<bool, AccountError> {
        let damaged = |why: String| AccountError::Damaged {
            bucket: bucket.to_owned(),
            key: object.key.clone(),
            why,
        };
        let get = self.clients().s3.get_object().bucket(bucket);
        let get = get.key(&object.key).checksum_mode(ChecksumMode::Enabled);
        let mut answer = get.send().await.map_err(self.failed("S3", "GetObject"))?;
        let (mut bytes, mut sum) = (0, Sha256::new());
        loop {
            let piece = tokio::time::timeout(self.bounds().read, answer.body.next()).await;
            let silent = |_| damaged("it stopped coming".to_owned());
            let Some(piece) = piece.map_err(silent)? else {
                break;
            };
            // The SDK compares the other kinds of checksums, and this is how it tells.
            let piece = piece.map_err(|e| damaged(DisplayErrorContext(e).to_string()))?;
            bytes += piece.len() as u64;
            if bytes > object.bytes {
                break;
            }
            sum.update(&piece);
            let written = file.write_all(&piece).await;
            written.map_err(|e| AccountError::io(&object.file, e))?;
        }
        file.flush()
            .await
            .map_err(|e| AccountError::io(&object.file, e))?;
        if bytes != object.bytes {
            return Err(damaged(format!("{bytes} bytes of {}", object.bytes)));
        }
        let sum = base64::encode(sum.finalize());
        match answer.checksum_sha256() {
            // A sum of the sums of parts says nothing of the whole.
            Some(told) if !told.contains('-') && told != sum => {
                Err(damaged(format!("SHA-256 is {sum}, not {told}")))
            }
            _ => Ok(has_checksum(&answer)),
        }
    }
}

fn has_checksum(answer: &GetObjectOutput) -> bool {
    let sums = [
        answer.checksum_sha256(),
        answer.checksum_sha1(),
        answer.checksum_crc32(),
        answer.checksum_crc32_c(),
        answer.checksum_crc64_nvme(),
    ];
    sums.iter().any(Option::is_some)
}
