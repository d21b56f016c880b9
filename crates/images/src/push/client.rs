//! The requests of a push, each bounded in time.

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream::try_unfold;
use oci_client::Reference;
use oci_client::client::ClientConfig;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client as OciClient, RegistryOperation};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use super::failure::{Failure, Place, is_absent};
use super::repository::Repository;
use super::{Credentials, On, Patience, PushError, PushEvent, Step};
use crate::Blob;

/// What is handed to the network at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// A connection to one repository.
pub(super) struct Client<'a> {
    client: OciClient,
    auth: RegistryAuth,
    repository: &'a Repository,
    silence: Duration,
}

impl<'a> Client<'a> {
    pub(super) fn open(
        repository: &'a Repository,
        credentials: &Credentials,
        patience: &Patience,
    ) -> Result<Self, PushError> {
        let config = ClientConfig {
            protocol: repository.protocol(),
            // Registries differ in the smallest chunk that they take, but all take a blob as a whole.
            use_monolithic_push: true,
            connect_timeout: Some(patience.connect),
            ..ClientConfig::default()
        };
        let client = OciClient::try_from(config).map_err(|error| PushError::NoNetwork {
            registry: repository.registry.clone(),
            attempts: 0,
            why: error.to_string(),
        })?;
        Ok(Self {
            client,
            auth: credentials.for_client(),
            repository,
            silence: patience.silence,
        })
    }

    /// Has the client know how this registry wants to be spoken to.
    pub(super) async fn login(&self) -> Result<(), Failure> {
        let any = self.repository.by_tag("latest");
        for operation in [RegistryOperation::Pull, RegistryOperation::Push] {
            let asked = self.client.auth(&any, &self.auth, operation);
            self.bounded(self.place(Step::Login, ""), asked).await?;
        }
        Ok(())
    }

    pub(super) async fn has_blob(&self, blob: &Blob) -> Result<bool, Failure> {
        let image = self.repository.by_digest(&blob.digest);
        let place = self.place(Step::Blob, &blob.digest);
        self.bounded(place, self.client.blob_exists(&image, &blob.digest))
            .await
    }

    /// Sends the file at `path`, which is `blob`, for as long as the registry takes it in.
    pub(super) async fn send_blob(
        &self,
        blob: &Blob,
        path: PathBuf,
        on: On<'_>,
    ) -> Result<(), Failure> {
        let file = File::open(&path).await.map_err(|source| {
            Failure::Final(crate::LayoutError::Unreadable { path, source }.into())
        })?;
        let image = self.repository.by_digest(&blob.digest);
        let (count, mut counted) = watch::channel(0);
        let pieces = pieces(file, count);
        let mut upload =
            pin!(
                self.client
                    .push_blob_stream(&image, pieces, &blob.digest, Some(blob.bytes))
            );
        let mut reading = true;
        loop {
            tokio::select! {
                done = &mut upload => {
                    let place = self.place(Step::Blob, &blob.digest);
                    return done.map(drop).map_err(|error| place.judge(error));
                }
                more = counted.changed(), if reading => {
                    reading = more.is_ok();
                    on(PushEvent::Sending { blob: blob.clone(), bytes_done: *counted.borrow() });
                }
                () = tokio::time::sleep(self.silence) => return Err(self.silent()),
            }
        }
    }

    /// Whether the registry has `manifest` under `digest`, byte for byte.
    pub(super) async fn has_manifest(
        &self,
        digest: &str,
        manifest: &Bytes,
    ) -> Result<bool, Failure> {
        let image = self.repository.by_digest(digest);
        let accepted = [OCI_IMAGE_MEDIA_TYPE];
        let asked = async {
            match self
                .client
                .pull_manifest_raw(&image, &self.auth, &accepted)
                .await
            {
                Ok((got, _)) => Ok(Some(got)),
                Err(error) if is_absent(&error) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let got = self
            .bounded(self.place(Step::ReadBack, digest), asked)
            .await?;
        match got {
            None => Ok(false),
            Some(got) if got == *manifest => Ok(true),
            Some(got) => Err(Failure::Final(PushError::OtherDigest {
                repository: self.repository.to_string(),
                expected: digest.into(),
                got: crate::digest::of_bytes(&got),
            })),
        }
    }

    /// Sends `manifest`. By its tag: the client panics on registries that answer a push by digest without a
    /// location, and ECR is said to be one.
    pub(super) async fn send_manifest(
        &self,
        digest: &str,
        manifest: &Bytes,
    ) -> Result<(), Failure> {
        let image: Reference = self.repository.by_tag(digest);
        let kind = OCI_IMAGE_MEDIA_TYPE
            .parse()
            .map_err(|_| Failure::passing("media type is no header"))?;
        let sent = self
            .client
            .push_manifest_raw(&image, manifest.clone(), kind);
        self.bounded(self.place(Step::Manifest, digest), sent)
            .await?;
        Ok(())
    }

    /// The registry took a manifest and does not have it.
    pub(super) fn not_there(&self, digest: &str) -> Failure {
        Failure::passing(format!("{digest} was taken and is not there"))
    }

    async fn bounded<T>(
        &self,
        place: Place<'_>,
        request: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.silence, request).await {
            Ok(answer) => answer.map_err(|error| place.judge(error)),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> Failure {
        Failure::passing(format!("no answer within {:?}", self.silence))
    }

    fn place<'p>(&'p self, step: Step, digest: &'p str) -> Place<'p> {
        Place {
            repository: self.repository,
            step,
            digest,
        }
    }
}

/// The file in pieces; `count` is told how many bytes were taken so far.
fn pieces(
    file: File,
    count: watch::Sender<u64>,
) -> impl Stream<Item = Result<Bytes, OciDistributionError>> + Send + 'static {
    try_unfold((file, count), |(mut file, count)| async {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read: io::Result<usize> = file.read_buf(&mut piece).await;
        if read? == 0 {
            return Ok(None);
        }
        count.send_modify(|bytes| *bytes += piece.len() as u64);
        Ok(Some((piece.freeze(), (file, count))))
    })
}
