//! Nobody is logged in, or no longer.

use serde::Serialize;

/// What is the matter with the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// A session token ran out.
    Expired,
    /// The session of IAM Identity Center ran out.
    SsoExpired,
    /// There are none.
    Missing,
    /// AWS does not know them.
    Invalid,
}

const SSO: &[&str] = &[
    "the SSO token has expired",
    "failed to load the cached SSO token",
    "cached SSO token file",
    "/.aws/sso/cache/",
    "Session token not found or invalid",
    "SSO session has expired or is invalid",
    "SSOProviderInvalidToken",
    "refresh cached SSO token failed",
    "failed to refresh cached credentials, refresh cached SSO token",
];
const EXPIRED: &[&str] = &[
    "ExpiredToken",
    "RequestExpired",
    "security token included in the request is expired",
];
const MISSING: &[&str] = &[
    "No valid credential sources found",
    "no valid credential sources for",
    "NoCredentialProviders",
    "failed to get shared config profile",
    "no EC2 IMDS role found",
    "the credential provider was not enabled",
    "No profiles were defined",
    "` was not defined",
];
const INVALID: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
];

impl Credentials {
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let kinds = [
            (SSO, Self::SsoExpired),
            (EXPIRED, Self::Expired),
            (MISSING, Self::Missing),
            (INVALID, Self::Invalid),
        ];
        let told = |words: &[&str]| words.iter().any(|w| text.contains(w));
        kinds
            .into_iter()
            .find(|(words, _)| told(words))
            .map(|k| k.1)
    }

    pub(super) fn hint(self, profile: Option<&str>) -> String {
        let of = profile
            .map(|p| format!(" --profile {p}"))
            .unwrap_or_default();
        match self {
            Self::SsoExpired => format!("log in again: aws sso login{of}"),
            Self::Expired => format!(
                "get new credentials (aws sso login{of}, or assume the role again), then run the same \
                 command: what is done is in the state"
            ),
            Self::Missing => format!(
                "log in first (aws sso login{of} or aws configure{of}), or set AWS_PROFILE; check with \
                 aws sts get-caller-identity{of}"
            ),
            Self::Invalid => format!(
                "AWS does not know these credentials; see whose they are: aws configure list{of}, aws \
                 sts get-caller-identity{of}; a wrong clock has the same effect"
            ),
        }
    }
}
