//! Why an image was not pushed, and the next thing to do.

use std::fmt;

use thiserror::Error;

use crate::LayoutError;

/// A step of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Asking the registry who may come in.
    Login,
    /// Looking for a blob, and sending it.
    Blob,
    /// Looking for the manifest, and sending it.
    Manifest,
    /// Reading the manifest back.
    ReadBack,
}

impl Step {
    /// What ECR wants the caller to be allowed for it.
    pub fn permissions(self) -> &'static str {
        match self {
            Self::Login => "ecr:GetAuthorizationToken",
            Self::Blob => {
                "ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart and ecr:CompleteLayerUpload"
            }
            Self::Manifest => "ecr:BatchGetImage and ecr:PutImage",
            Self::ReadBack => "ecr:BatchGetImage",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "login",
            Self::Blob => "upload of a blob",
            Self::Manifest => "upload of the manifest",
            Self::ReadBack => "reading the manifest back",
        })
    }
}

/// Why an image was not pushed. What was sent stays there, and is not sent again by the next push.
#[derive(Debug, Error)]
pub enum PushError {
    /// The layout is not sound; nothing was sent.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The place to push to cannot be one.
    #[error("{text:?} is no repository: {why}")]
    NoRepository {
        /// As given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The registry does not know the caller (401), or does not let him do this (403).
    #[error("{repository} refused the {step} ({status}): {why}")]
    Refused {
        /// Where.
        repository: String,
        /// What was refused.
        step: Step,
        /// HTTP status.
        status: u16,
        /// What the registry said.
        why: String,
    },
    /// There is no such repository, and the registry does not make one.
    #[error("there is no repository {0}")]
    RepositoryMissing(
        /// Where.
        String,
    ),
    /// The tag names another image and may not be moved.
    #[error("{repository}: tag {tag} names another image already and cannot be moved: {why}")]
    TagTaken {
        /// Where.
        repository: String,
        /// The tag.
        tag: String,
        /// What the registry said.
        why: String,
    },
    /// The registry has something else than what was sent.
    #[error("{repository} has another digest: expected {expected}, got {got}")]
    OtherDigest {
        /// Where.
        repository: String,
        /// What was sent.
        expected: String,
        /// What the registry told of it.
        got: String,
    },
    /// It failed again and again on the way.
    #[error("{repository}: the {step} failed {attempts} times, at last: {why}")]
    Interrupted {
        /// Where.
        repository: String,
        /// What failed.
        step: Step,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong last.
        why: String,
    },
    /// The registry cannot be reached.
    #[error("cannot reach {registry} in {attempts} attempts: {why}")]
    NoNetwork {
        /// Host of the registry.
        registry: String,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong last.
        why: String,
    },
    /// The registry answered with something that no repetition helps against.
    #[error("{repository} rejected the {step}: {why}")]
    Rejected {
        /// Where.
        repository: String,
        /// What was rejected.
        step: Step,
        /// What the registry said.
        why: String,
    },
}

impl PushError {
    /// What the user can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Layout(error) => error.hint(),
            Self::NoRepository { .. } => {
                "a repository is a host and a path, as in registry.example/rlab/relay".into()
            }
            Self::Refused { status: 401, .. } => format!(
                "check the credentials; those of ECR are good for twelve hours and want {}",
                Step::Login.permissions()
            ),
            Self::Refused { step, .. } => format!("on ECR the step wants {}", step.permissions()),
            Self::RepositoryMissing(_) => {
                "on ECR the lab's apply makes the repositories: let it come so far, then push again".into()
            }
            Self::TagTaken { .. } => {
                "the tag is an image's own digest, so another hand set it: remove it from the repository".into()
            }
            Self::OtherDigest { .. } => {
                "push again; if it repeats, something between here and the registry alters what is sent".into()
            }
            Self::Interrupted { .. } => "push again: blobs that arrived are not sent again".into(),
            Self::NoNetwork { .. } => {
                "check the connection, HTTPS_PROXY and NO_PROXY, and that its certificate is trusted here (SSL_CERT_FILE)".into()
            }
            Self::Rejected { .. } => "see whether the registry takes OCI images".into(),
        }
    }
}
