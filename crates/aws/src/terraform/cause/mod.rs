//! Why terraform failed, told from the words of AWS and of terraform, and what to do about it.
//!
//! The words are matched by their stable parts: error codes, "is not authorized to perform", the
//! headings of a lock. What matches nothing is [`Cause::Other`]; terraform's own text is kept either way.

mod credentials;
mod denied;
mod quota;
mod trust;
mod words;

use serde::Serialize;

pub use credentials::Credentials;
pub use denied::Denied;
pub use quota::Quota;

use super::diagnostic::Diagnostic;
use super::lock::LockInfo;

/// A reason for a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody holds the state's lock; `None` when the backend did not say who.
    Locked(Option<LockInfo>),
    /// A permission is missing, or denied by a policy.
    Denied(Denied),
    /// Nobody is logged in, or no longer.
    Credentials(Credentials),
    /// An account's quota is used up, or AWS has no capacity.
    Quota(Quota),
    /// AWS answered slower than asked.
    Throttled,
    /// There is no such region, or it is not switched on for the account.
    Region,
    /// The credentials are of an account that the configuration does not allow.
    Account,
    /// AWS could not be reached at all.
    Unreachable,
    /// AWS did not finish in the time the provider allows.
    TimedOut,
    /// Something of that name is there already.
    Exists,
    /// The state has changed since the plan was made.
    StalePlan,
    /// The backend refused the newest state.
    Unstored,
    /// Providers could not be had, or are not the locked ones.
    Providers,
    /// None of these.
    Other,
}

/// Codes and words of a throttled call.
const THROTTLED: &[&str] = &[
    "Throttling",
    "RequestLimitExceeded",
    "TooManyRequests",
    "request has been throttled",
    "SlowDown",
    "Rate exceeded",
];
const REGION: &[&str] = &["Invalid AWS Region", "invalid AWS Region", "OptInRequired"];
const ACCOUNT: &[&str] = &["AWS account ID not allowed", "AWS Account ID not allowed"];
const UNREACHABLE: &[&str] = &[
    "no such host",
    "connection refused",
    "network is unreachable",
    "i/o timeout",
    "TLS handshake timeout",
];
const UNSTORED: &[&str] = &["Failed to save state", "Failed to persist state"];
const PROVIDERS: &[&str] = &[
    "Failed to query available provider packages",
    "Failed to install provider",
    "Inconsistent dependency lock file",
    "Provider dependency changes detected",
    "Required plugins are not installed",
];
const TIMED_OUT: &[&str] = &[
    "timeout while waiting for",
    "exceeded the allotted time",
    "context deadline exceeded",
];

/// A code's end, as CloudWatch Logs has it, and words, as EC2 has them.
const EXISTS: &[&str] = &[
    "AlreadyExists",
    "already exists",
    // Of a route table's entry, and of a service of ECS.
    "AlreadyAssociated",
    "was not idempotent",
];

impl Cause {
    /// Tells the cause of `diagnostic`.
    pub fn of(diagnostic: &Diagnostic) -> Self {
        Self::in_text(&diagnostic.text())
    }

    /// Tells the cause from what AWS or terraform said.
    pub(crate) fn in_text(text: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
        let lock_refused = text.contains("Error acquiring the state lock");
        if lock_refused && let Some(lock) = LockInfo::in_text(text) {
            return Self::Locked(Some(lock));
        }
        if let Some(credentials) = Credentials::in_text(text) {
            return Self::Credentials(credentials);
        }
        if let Some(denied) = Denied::in_text(text) {
            return Self::Denied(denied);
        }
        match () {
            () if lock_refused => Self::Locked(None),
            () if text.contains("Saved plan is stale") => Self::StalePlan,
            () if has(UNSTORED) => Self::Unstored,
            () if has(PROVIDERS) => Self::Providers,
            () if has(REGION) => Self::Region,
            () if has(ACCOUNT) => Self::Account,
            () if has(THROTTLED) => Self::Throttled,
            () if has(UNREACHABLE) => Self::Unreachable,
            () if has(TIMED_OUT) => Self::TimedOut,
            () if has(EXISTS) => Self::Exists,
            () => Quota::in_text(text).map_or(Self::Other, Self::Quota),
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self, scene: &super::error::Scene) -> Option<String> {
        match self {
            Self::Locked(lock) => Some(locked(lock.as_ref(), scene)),
            Self::Providers => Some(format!(
                "fetch and lock the providers: terraform -chdir={} providers lock; behind a mirror, \
                 point TF_CLI_CONFIG_FILE at a configuration with provider_installation",
                scene.root.display()
            )),
            other => other.hint_for(scene.profile.as_deref()),
        }
    }

    /// What to do about it, where terraform has no part in it; `profile` is the caller's.
    pub(crate) fn hint_for(&self, profile: Option<&str>) -> Option<String> {
        let text = match self {
            Self::Denied(denied) => denied.hint(),
            Self::Credentials(credentials) => credentials.hint(profile),
            Self::Quota(quota) => quota.hint(),
            Self::Throttled => {
                "AWS throttles this account; wait a minute and run the same command \
                 again, what is done is not done twice"
                    .into()
            }
            Self::Region => "name a region of this account: aws account list-regions \
                 --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT"
                .into(),
            Self::Account => {
                "see whose credentials these are: aws sts get-caller-identity; then choose \
                 another profile (AWS_PROFILE), or the account you meant"
                    .into()
            }
            Self::Unreachable => {
                "see whether the network, the proxy (HTTPS_PROXY) and the region's name \
                 are right, then run the same command again"
                    .into()
            }
            Self::TimedOut => {
                "AWS may still be at it; see the resource in its console, then run the \
                 same command again"
                    .into()
            }
            Self::Exists => {
                "if an earlier run of this lab made it, the same command again takes it \
                 over; otherwise it is another's, and the lab needs another name"
                    .into()
            }
            Self::StalePlan => "something changed the state meanwhile; make the plan again".into(),
            Self::Unstored => {
                "nothing is lost: the state is kept with the lab, and the next plan or destroy \
                 stores it first; run the same command again once the backend takes it"
                    .into()
            }
            Self::Locked(_) | Self::Providers | Self::Other => return None,
        };
        Some(text)
    }
}

fn locked(lock: Option<&LockInfo>, scene: &super::error::Scene) -> String {
    let Some(lock) = lock else {
        return "find out who works on this lab's state, and wait for them".into();
    };
    format!(
        "wait for {who}; if that {operation} is surely dead, unlock: TF_DATA_DIR={data} terraform \
         -chdir={root} force-unlock {id}",
        who = lock.who,
        operation = lock.operation_word(),
        data = scene.data_dir.display(),
        root = scene.root.display(),
        id = lock.id,
    )
}
