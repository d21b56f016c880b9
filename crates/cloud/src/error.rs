//! What can go wrong with a lab on AWS, and what to type next.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rlab_aws::account::AccountError;
use rlab_aws::intent::IntentError;
use rlab_aws::terraform::{Cause, TerraformError};
use rlab_document::DocumentErrors;
use rlab_images::{AssembleError, LayoutError, PushError};
use rlab_lab::{ErrorKind, LabError};
use rlab_rehearsal::RehearsalError;

/// A failed operation on a lab on AWS, or on a rehearsed one.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The lab's servers on this machine.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// terraform.
    #[error("{step}: {source}")]
    Terraform {
        /// Which step of the work.
        step: &'static str,
        /// What went wrong.
        source: TerraformError,
    },
    /// AWS.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Something that agents need of a server could not be made.
    #[error("{what}: {why}")]
    NotPrepared {
        /// What it is.
        what: &'static str,
        /// What the server, or the way to it, said last.
        why: String,
    },
    /// The account has no room for the lab.
    #[error("the account has no room: {}", .0.join("; "))]
    NoRoom(Vec<String>),
    /// The plan costs more than the profile allows.
    #[error(
        "the plan costs {usd_per_hour:.2} USD an hour, and profile `{profile}` allows {allowed:.2}"
    )]
    OverBudget {
        /// What it costs.
        usd_per_hour: f64,
        /// What it may cost.
        allowed: f64,
        /// Name of the profile.
        profile: String,
    },
    /// The directory speaks of another lab.
    #[error(transparent)]
    Intent(#[from] IntentError),
    /// The rehearsed API.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    /// An image.
    #[error("images: {0}")]
    Assemble(#[from] AssembleError),
    /// The images on disk.
    #[error("images: {0}")]
    Layout(#[from] LayoutError),
    /// An image was not taken by its registry.
    #[error("images: {0}")]
    Push(#[from] PushError),
    /// Mistakes in a profile.
    #[error(transparent)]
    Profile(#[from] DocumentErrors),
    /// A name too long for AWS.
    #[error("lab `{0}`: names of labs on AWS have up to 18 letters, digits and single hyphens")]
    LongName(String),
    /// The profile leaves something out that AWS has to know.
    #[error("profile `{profile}` does not say {what}")]
    Missing {
        /// Name of the profile.
        profile: String,
        /// What it does not say.
        what: &'static str,
        /// Where it can be said.
        place: &'static str,
    },
    /// The lab was made otherwise than is asked for now.
    #[error("lab `{lab}` was made from {was}; this asks for {wanted}")]
    Another {
        /// The lab.
        lab: String,
        /// What it was made from.
        was: String,
        /// What is asked for.
        wanted: String,
    },
    /// A rehearsal's API is not up.
    #[error("lab `{0}`: a rehearsed plan is made by the rehearsed API, which is not up")]
    NothingToAsk(String),
    /// It was never completed.
    #[error("lab `{0}` is not up on AWS")]
    NotDeployed(String),
    /// AWS has no call for a step of a drill.
    #[error("{drill} cannot be run on lab `{lab}`: AWS has no call for {}", .steps.join(", "))]
    NoCall {
        /// The lab.
        lab: String,
        /// Drill id.
        drill: String,
        /// The steps.
        steps: Vec<String>,
    },
    /// Whom to believe that it is RDS is not known.
    #[error("the certificate that signs for RDS was not had from {url}: {why}")]
    NoRdsAuthority {
        /// Where it was asked for.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// There is no such lab on AWS.
    #[error("lab `{0}` was never brought up on AWS from here")]
    NoRecord(String),
    /// A name that is the account's own.
    #[error("lab `{0}`: what all labs of an account share is called so")]
    SharedName(String),
    /// A rehearsed account is nowhere but on the machine that plays it.
    #[error("lab `{0}`: a rehearsal is taken down where it was brought up")]
    RehearsedElsewhere(String),
    /// The lab is older than it may become.
    #[error("lab `{lab}` expired at {expiry}")]
    Expired {
        /// The lab.
        lab: String,
        /// When.
        expiry: Timestamp,
    },
    /// A file of the lab is damaged.
    #[error("{path}: {reason}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// AWS still works on what an earlier run began.
    #[error("{what}: begun by an earlier run, and still {word} after {} min", waited.as_secs() / 60)]
    StillMaking {
        /// Terraform's address of it.
        what: String,
        /// AWS's word for its state.
        word: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Something is left after everything was asked to go.
    #[error("still there: {}", .0.join(", "))]
    Residual(Vec<String>),
    /// Stopped on request.
    #[error("stopped; {0}")]
    Aborted(&'static str),
}

impl CloudError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    /// Names the step that a terraform error belongs to.
    pub(crate) fn at(step: &'static str) -> impl Fn(TerraformError) -> Self {
        move |source| Self::Terraform { step, source }
    }

    /// Broad kind, for the exit code.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Lab(error) => error.kind(),
            Self::Terraform {
                source: TerraformError::Interrupted { killed, .. },
                ..
            } => match killed {
                true => ErrorKind::Residual,
                false => ErrorKind::Aborted,
            },
            Self::Terraform {
                source: TerraformError::Residual(_),
                ..
            }
            | Self::Residual(_) => ErrorKind::Residual,
            Self::Profile(_)
            | Self::LongName(_)
            | Self::SharedName(_)
            | Self::RehearsedElsewhere(_)
            | Self::Missing { .. }
            | Self::OverBudget { .. }
            | Self::NoCall { .. }
            | Self::Another { .. } => ErrorKind::Usage,
            Self::Aborted(_) => ErrorKind::Aborted,
            Self::Account(AccountError::NotAssumed(role)) if role.is_refused() => ErrorKind::Denied,
            _ => ErrorKind::Environment,
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Lab(error) => error.hint(),
            Self::Terraform { source, .. } => source.hint(),
            Self::Intent(error) => error.hint(),
            Self::Account(error) => error.hint(),
            Self::NoRoom(_) => Some(
                "ask for more in Service Quotas, or take something down that counts".into(),
            ),
            Self::OverBudget { .. } => Some(
                "make it smaller ([variables]) or allow more ([budget] usd_per_hour) in a profile of your own"
                    .into(),
            ),
            Self::LongName(_) => Some("give it a shorter name (--lab)".into()),
            Self::SharedName(_) => Some("give it another name (--lab)".into()),
            Self::StillMaking { .. } => Some(
                "run the same command again; AWS goes on, whoever waits for it".into(),
            ),
            Self::Missing { place, .. } => Some((*place).into()),
            Self::Another { lab, .. } => Some(format!(
                "take it down first (rlab-ops --lab {lab} down), or give this one another name"
            )),
            Self::NoRdsAuthority { .. } => Some(
                "fetch the region's bundle yourself and name the file with the certificate of \
                 rds-ca-rsa2048-g1 in a profile of your own: rds_ca = \"rds-ca.pem\""
                    .into(),
            ),
            Self::NothingToAsk(lab) => Some(format!("rlab-ops --lab {lab} up --profile rehearsal")),
            Self::NotPrepared { .. } => {
                Some("rlab-ops up goes on from there, once the server answers".into())
            }
            Self::NoCall { drill, .. } => Some(format!(
                "rehearse it: rlab-ops --lab rehearsed up --profile rehearsal, then \
                 rlab-ops --lab rehearsed drill {drill}"
            )),
            Self::NotDeployed(lab) => Some(format!("complete it: rlab-ops --lab {lab} up")),
            Self::NoRecord(lab) => Some(format!(
                "rlab-ops up --profile aws; or, to take down what another machine brought up, rlab-ops \
                 --lab {lab} down --profile aws"
            )),
            Self::Expired { lab, .. } => Some(format!(
                "rlab-ops --lab {lab} extend 4h to keep it, or rlab-ops --lab {lab} down"
            )),
            Self::Residual(_) => Some(
                "run down again; what stays is named by its ARN, and its tags say whose it is"
                    .into(),
            ),
            _ => None,
        }
    }

    /// The cause that terraform's errors share with AWS's, where there is one.
    pub fn causes(&self) -> impl Iterator<Item = &Cause> {
        let failed = match self {
            Self::Terraform {
                source: TerraformError::Failed(failed),
                ..
            } => Some(failed),
            _ => None,
        };
        failed
            .into_iter()
            .flat_map(|f| f.failures.iter().map(|x| &x.cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_aws::account::{Lead, RoleSource, Unassumed, Wanted};
    use rlab_aws::terraform::cause::{Credentials, Denied};

    fn unassumed(cause: Cause) -> CloudError {
        let lead = Lead {
            wanted: Wanted::Role("arn:aws:iam::123456789012:role/lab".to_owned()),
            profile: None,
            source: RoleSource::Token,
        };
        let why = String::new();
        AccountError::NotAssumed(Box::new(Unassumed { lead, cause, why })).into()
    }

    #[test]
    fn a_role_that_aws_refuses_is_denied_and_one_that_nobody_could_ask_for_is_not() {
        let denied = Denied {
            action: Some("sts:AssumeRole".to_owned()),
            concluded: false,
            resource: None,
            principal: None,
            denied_by: None,
        };
        let refused = unassumed(Cause::Denied(denied)).kind();
        assert!(matches!(refused, ErrorKind::Denied), "{refused:?}");
        let over = unassumed(Cause::Credentials(Credentials::SsoExpired)).kind();
        assert!(matches!(over, ErrorKind::Environment), "{over:?}");
    }
}
