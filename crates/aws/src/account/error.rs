//! What can go wrong between the command line and AWS, and what to type next.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::event::Waited;
use super::failed_call::FailedCall;
use super::steady::Unsteady;
use super::unassumed::Unassumed;
use crate::terraform::Cause;

/// A failed request to AWS.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Nobody said which region.
    #[error("no AWS region is set")]
    NoRegion,
    /// No credentials, or none that still hold.
    #[error("no AWS credentials: {why}")]
    NotLoggedIn {
        /// What is the matter with them.
        cause: Box<Cause>,
        /// The SDK's words.
        why: String,
        /// The profile that was asked for.
        profile: Option<String>,
    },
    /// The configuration leads to a role, and nobody got into it.
    #[error(transparent)]
    NotAssumed(Box<Unassumed>),
    /// The credentials are of another account than meant.
    #[error("these credentials are of account {found} ({arn}), not of {expected}")]
    OtherAccount {
        /// The account that was meant.
        expected: String,
        /// The account that they are of.
        found: String,
        /// Whose they are.
        arn: String,
    },
    /// AWS refused a call, or did not answer it.
    #[error(transparent)]
    Call(Box<FailedCall>),
    /// The bucket is in another region.
    #[error("bucket {bucket} is in region {region}, not in {ours}")]
    BucketElsewhere {
        /// The bucket.
        bucket: String,
        /// Where it is.
        region: String,
        /// Where it was looked for.
        ours: String,
    },
    /// The bucket is somebody else's, or may not be seen.
    #[error("bucket {bucket} is not open to account {account}: {call}")]
    BucketRefused {
        /// The bucket.
        bucket: String,
        /// The caller's account.
        account: String,
        /// The refused call.
        call: Box<FailedCall>,
    },
    /// A key that cannot be a file below a directory.
    #[error("s3://{bucket}/{key:?} was not fetched: {why}")]
    UnsafeKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// What came is not what is stored.
    #[error("s3://{bucket}/{key} did not arrive as it is stored: {why}")]
    Damaged {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What differs.
        why: String,
    },
    /// There is nothing under that prefix.
    #[error("nothing is stored under s3://{bucket}/{prefix}")]
    NothingStored {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
    },
    /// Something cannot be sent as it is.
    #[error("{what} cannot be sent: {why}")]
    Unfit {
        /// What was to be sent.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Services of tasks did not become steady.
    #[error("{}", super::steady::told(cluster, *waited, services))]
    NotSteady {
        /// The cluster.
        cluster: String,
        /// How long it was waited for.
        waited: Duration,
        /// Those that are not steady, with what ECS says of them.
        services: Vec<Unsteady>,
    },
    /// A task was not started.
    #[error("no task of {definition} was started: {why}")]
    NotStarted {
        /// The task definition.
        definition: String,
        /// AWS's words.
        why: String,
    },
    /// AWS does not know a task or a service, or no longer.
    #[error("{cluster} does not know {what}, or no longer")]
    NotKnown {
        /// The cluster.
        cluster: String,
        /// The service or task.
        what: String,
    },
    /// What was waited for did not come.
    #[error(transparent)]
    Waited(Box<Waited>),
    /// AWS's answer lacks what it must have.
    #[error("{action} was answered without {what}")]
    Incomplete {
        /// The call, as an IAM action.
        action: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// A file operation failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl AccountError {
    pub(super) fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        Self::Io { path, source }
    }

    /// The failed call behind it, if AWS was asked.
    pub fn call(&self) -> Option<&FailedCall> {
        match self {
            Self::Call(call) | Self::BucketRefused { call, .. } => Some(call),
            _ => None,
        }
    }

    /// Why, in the words that terraform's errors are told in too.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::NotLoggedIn { cause, .. } => Some(cause),
            Self::NotAssumed(unassumed) => Some(&unassumed.cause),
            _ => self.call().map(|call| &call.cause),
        }
    }

    /// The step that it was done for.
    pub fn step(&self) -> Option<&str> {
        self.call()?.step.as_deref()
    }

    /// The id by which AWS knows the last attempt.
    pub fn request_id(&self) -> Option<&str> {
        self.call()?.request_id.as_deref()
    }

    /// The policy that would grant what was denied.
    pub fn policy(&self) -> Option<Value> {
        self.call()?.policy()
    }

    /// What was waited for in vain.
    pub fn waited(&self) -> Option<&Waited> {
        match self {
            Self::Waited(waited) => Some(waited),
            _ => None,
        }
    }

    /// Whether asking again later may help: nothing is wrong with the question.
    pub(super) fn passes(&self) -> bool {
        let passing = [Cause::Throttled, Cause::Unreachable, Cause::TimedOut];
        let broken = self.call().and_then(|call| call.status);
        self.cause().is_some_and(|cause| passing.contains(cause))
            || broken.is_some_and(|status| status >= 500)
    }

    /// Whether AWS says that there is no such thing.
    pub(super) fn not_found(&self) -> bool {
        let endings = ["NotFound", "NotFoundFault", "NotFoundException"];
        let Some(call) = self.call() else {
            return false;
        };
        let ends = |code: &str| endings.iter().any(|ending| code.ends_with(ending));
        call.status == Some(404) || call.code.as_deref().is_some_and(ends)
    }

    /// Whether AWS refuses because something else still uses it, or because it is being changed.
    pub(super) fn in_use(&self) -> bool {
        let Some(call) = self.call() else {
            return false;
        };
        let code = call.code.as_deref().unwrap_or_default();
        let busy = ["DependencyViolation", "ConflictException", "DeleteConflict"];
        busy.contains(&code)
            || code.contains("InUse")
            || (code.starts_with("Invalid") && code.contains("State"))
            || (code.starts_with("ClusterContains") || code == "UpdateInProgressException")
            // MSK has no code for it: "You can't delete cluster in HEALING state."
            || (code == "BadRequestException" && call.message.contains("delete cluster in"))
    }

    /// Whether AWS refused with one of these codes.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        let code = self.call().and_then(|call| call.code.as_deref());
        code.is_some_and(|code| codes.contains(&code))
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoRegion => "name one by AWS_REGION, in the AWS profile, or as region in the lab's profile".into(),
            Self::NotLoggedIn { cause, profile, .. } => return cause.hint_for(profile.as_deref()),
            Self::NotAssumed(unassumed) => return unassumed.hint(),
            Self::OtherAccount { expected, .. } => format!(
                "choose credentials of {expected} (AWS_PROFILE; see aws configure list-profiles), or \
                 name the account you mean"
            ),
            Self::Call(call) => return call.hint(),
            Self::BucketElsewhere { region, .. } => {
                format!("use it where it is (region {region}), or name a bucket of this region")
            }
            Self::BucketRefused {
                account, bucket, call, ..
            } => format!(
                "bucket names are unique in the whole world: if {bucket} is not of account {account}, \
                 choose another name; if it is, {}",
                call.hint().unwrap_or_default()
            ),
            Self::UnsafeKey { .. } => {
                "somebody else writes to that bucket; look at the object before you trust any of them"
                    .into()
            }
            Self::Damaged { .. } => "fetch it again; nothing was left of this attempt".into(),
            Self::NothingStored { .. } => {
                "see whether the task came to its end, and its log".into()
            }
            Self::NotSteady { .. } => {
                "read the log of the task that stopped; then run the same command again".into()
            }
            Self::NotStarted { .. } | Self::NotKnown { .. } => {
                "see the cluster's events in the console of ECS, then run the same command again"
                    .into()
            }
            Self::Waited(_) => {
                "it may still come; see the events in AWS's console before you repeat it".into()
            }
            Self::Unfit { .. } | Self::Incomplete { .. } | Self::Io { .. } => return None,
        };
        Some(text)
    }
}
