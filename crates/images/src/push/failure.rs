//! What a failed request means: wait and try again, or give up with an error of ours.

use std::error::Error;

use oci_client::errors::{DigestError, OciDistributionError, OciEnvelope, OciError, OciErrorCode};

use super::repository::Repository;
use super::{PushError, Step};

/// More of a registry's words than this helps nobody.
const LONGEST_WORDS: usize = 300;

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// For good.
    Final(PushError),
    /// For now.
    Passing {
        /// What went wrong.
        why: String,
        /// Whether the registry was there at all.
        connected: bool,
    },
}

impl Failure {
    pub(super) fn passing(why: impl Into<String>) -> Self {
        Self::Passing {
            why: why.into(),
            connected: true,
        }
    }
}

/// Where an attempt was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) repository: &'a Repository,
    pub(super) step: Step,
    /// Digest of what it is about.
    pub(super) digest: &'a str,
}

impl Place<'_> {
    /// Tells what `error` means here. Addresses are left out: those of uploads carry a registry's state.
    pub(super) fn judge(&self, error: OciDistributionError) -> Failure {
        use OciDistributionError as E;
        match error {
            E::RequestError(error) => match error.status() {
                Some(status) => self.status(status.as_u16(), None, "no further words"),
                None => Failure::Passing {
                    connected: !error.is_connect(),
                    why: causes(&error.without_url()),
                },
            },
            E::ServerError { code, message, .. } => {
                let told = serde_json::from_str::<OciEnvelope>(&message).ok();
                match told.as_ref().and_then(|told| told.errors.first()) {
                    Some(first) => self.status(code, Some(&first.code), &words(first)),
                    None => self.status(code, None, &message),
                }
            }
            E::RegistryError { envelope, .. } => match envelope.errors.first() {
                Some(first) => {
                    self.status(status_of(&first.code), Some(&first.code), &words(first))
                }
                None => self.status(400, None, "no further words"),
            },
            E::UnauthorizedError { .. } => self.status(401, None, "not authorized"),
            E::AuthenticationFailure(why) => self.status(401, None, &why),
            E::DigestError(DigestError::VerificationError { expected, actual }) => {
                Failure::Final(PushError::OtherDigest {
                    repository: self.repository.to_string(),
                    expected,
                    got: actual,
                })
            }
            other => Failure::passing(bounded(&other.to_string())),
        }
    }

    fn status(&self, status: u16, code: Option<&OciErrorCode>, why: &str) -> Failure {
        use OciErrorCode as C;
        let repository = self.repository.to_string();
        let why = bounded(why);
        let step = self.step;
        Failure::Final(match (status, code) {
            (408 | 429 | 500..=599, _) | (_, Some(C::Toomanyrequests)) => {
                return Failure::passing(format!("{status}: {why}"));
            }
            // The upload's session is gone or confused; the next attempt opens another.
            (_, Some(C::BlobUploadUnknown | C::BlobUploadInvalid | C::SizeInvalid)) | (416, _) => {
                return Failure::passing(format!("{status}: {why}"));
            }
            (401 | 403, _) => PushError::Refused {
                repository,
                step,
                status,
                why,
            },
            (_, Some(C::NameUnknown)) | (404, None) => PushError::RepositoryMissing(repository),
            (_, Some(C::DigestInvalid)) => PushError::OtherDigest {
                repository,
                expected: self.digest.into(),
                got: why,
            },
            (_, Some(C::TagInvalid)) => PushError::TagTaken {
                repository,
                tag: self.digest.trim_start_matches("sha256:").into(),
                why,
            },
            _ => PushError::Rejected {
                repository,
                step,
                why: format!("{status}: {why}"),
            },
        })
    }
}

/// Whether `error` says that the manifest is not there.
pub(super) fn is_absent(error: &OciDistributionError) -> bool {
    use OciDistributionError as E;
    match error {
        E::ImageManifestNotFoundError(_) => true,
        E::ServerError { code, .. } => *code == 404,
        E::RegistryError { envelope, .. } => envelope.errors.first().is_some_and(|first| {
            matches!(
                first.code,
                OciErrorCode::ManifestUnknown | OciErrorCode::NotFound
            )
        }),
        _ => false,
    }
}

/// The status that goes with a code, where the client keeps only the code.
fn status_of(code: &OciErrorCode) -> u16 {
    match code {
        OciErrorCode::Unauthorized => 401,
        OciErrorCode::Denied => 403,
        OciErrorCode::Toomanyrequests => 429,
        _ => 400,
    }
}

fn words(error: &OciError) -> String {
    if error.message.is_empty() {
        return format!("{:?}", error.code);
    }
    error.message.clone()
}

/// An error with what caused it.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    bounded(&text)
}

fn bounded(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
