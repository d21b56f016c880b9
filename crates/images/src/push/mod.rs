//! Brings an image of a layout to a registry, by digest.
//!
//! Nothing is sent before the whole image was found sound, and no blob that the registry has. A blob whose
//! upload breaks off is sent again from its beginning, since what a registry kept of it cannot be relied on.
//! The manifest goes last, and counts only after it was read back by its digest.

mod client;
mod credentials;
mod error;
mod failure;
mod patience;
mod repository;

use std::time::Duration;

use bytes::Bytes;

use crate::{Blob, Image, Layout, LayoutError};
use client::Client;
use patience::Tries;
use repository::Repository;

pub use credentials::{Credentials, Password};
pub use error::{PushError, Step};
pub use patience::Patience;

/// What a caller is told while an image is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// The registry has this blob already.
    Present {
        /// The blob.
        blob: Blob,
    },
    /// A blob is on its way. Begins at zero again when it is sent again.
    Sending {
        /// The blob.
        blob: Blob,
        /// Bytes handed to the network so far.
        bytes_done: u64,
    },
    /// Something failed in passing and will be tried again.
    Retrying {
        /// What was tried.
        step: Step,
        /// Attempts made so far.
        attempts: u32,
        /// How long until the next.
        wait: Duration,
        /// What went wrong.
        why: String,
    },
}

/// An image that a registry was seen to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// `registry/repository@sha256:…`.
    pub reference: String,
    /// Blobs that were sent; the others were there.
    pub blobs_sent: usize,
    /// Their bytes.
    pub bytes_sent: u64,
}

type On<'a> = &'a (dyn Fn(PushEvent) + Send + Sync);

/// Pushes the image called `name` into `repository` (`registry/path`, without tag or digest) and answers the
/// reference by digest.
///
/// It also gets a tag, the digest's 64 digits: such a tag never has to be moved, and keeps the image from being
/// collected as untagged. Registries on loopback are spoken to in plain HTTP, all others in HTTPS.
///
/// # Errors
/// Any [`PushError`]. Pushing again sends what is missing.
pub async fn push(
    layout: &Layout,
    name: &str,
    repository: &str,
    credentials: &Credentials,
    patience: &Patience,
    on: On<'_>,
) -> Result<Pushed, PushError> {
    let repository: Repository = repository.parse()?;
    let image = layout.image(name)?;
    let manifest = read_sound(layout, image).await?;
    let client = Client::open(&repository, credentials, patience)?;
    let tries = |step| Tries::new(patience, step, &repository, on);

    let mut attempt = tries(Step::Login);
    while let Err(failure) = client.login().await {
        attempt.wait_after(failure).await?;
    }
    let mut sent = Vec::new();
    for blob in image.blobs() {
        if bring(&client, layout, blob, tries(Step::Blob), on).await? {
            sent.push(blob);
        }
    }
    bring_manifest(&client, image.digest(), &manifest, &tries).await?;
    Ok(Pushed {
        reference: format!("{repository}@{}", image.digest()),
        blobs_sent: sent.len(),
        bytes_sent: sent.iter().map(|blob| blob.bytes).sum(),
    })
}

/// The manifest of `image`, all of whose blobs were found sound.
async fn read_sound(layout: &Layout, image: &Image) -> Result<Bytes, PushError> {
    let (layout, image) = (layout.clone(), image.clone());
    let read = tokio::task::spawn_blocking(move || {
        layout.verify(&image)?;
        let path = layout.path(&image.manifest);
        std::fs::read(&path).map_err(|source| LayoutError::Unreadable { path, source })
    });
    match read.await {
        Ok(manifest) => Ok(manifest?.into()),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Sends `blob` unless the registry has it; answers whether it was sent.
async fn bring(
    client: &Client<'_>,
    layout: &Layout,
    blob: &Blob,
    mut tries: Tries<'_>,
    on: On<'_>,
) -> Result<bool, PushError> {
    let mut sent = false;
    loop {
        // Asked before each attempt: an upload whose answer was lost may have arrived.
        let outcome = match client.has_blob(blob).await {
            Ok(true) => {
                if !sent {
                    on(PushEvent::Present { blob: blob.clone() });
                }
                return Ok(sent);
            }
            Ok(false) => {
                sent = true;
                client.send_blob(blob, layout.path(blob), on).await
            }
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(()) => return Ok(true),
            Err(failure) => tries.wait_after(failure).await?,
        }
    }
}

/// Has the registry hold `manifest` under its digest, and makes sure of it.
async fn bring_manifest<'a>(
    client: &Client<'_>,
    digest: &str,
    manifest: &Bytes,
    tries: &impl Fn(Step) -> Tries<'a>,
) -> Result<(), PushError> {
    let mut attempt = tries(Step::Manifest);
    loop {
        let outcome = match client.has_manifest(digest, manifest).await {
            Ok(true) => return Ok(()),
            Ok(false) => client.send_manifest(digest, manifest).await,
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(()) => break,
            Err(failure) => attempt.wait_after(failure).await?,
        }
    }
    let mut attempt = tries(Step::ReadBack);
    loop {
        match client.has_manifest(digest, manifest).await {
            Ok(true) => return Ok(()),
            Ok(false) => attempt.wait_after(client.not_there(digest)).await?,
            Err(failure) => attempt.wait_after(failure).await?,
        }
    }
}
