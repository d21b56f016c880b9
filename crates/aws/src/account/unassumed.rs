//! A role that was not assumed: which one, who tried, and what would open it.

use std::fmt;

use super::role::{Lead, Source, Wanted};
use crate::terraform::Cause;

/// A role that was not assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unassumed {
    /// What the configuration leads to.
    pub lead: Lead,
    /// What is the matter.
    pub cause: Cause,
    /// AWS's words, or the SDK's.
    pub why: String,
}

impl Unassumed {
    /// Whether AWS refused it to whoever asked, who is known to AWS.
    pub fn is_refused(&self) -> bool {
        matches!(self.cause, Cause::Denied(_)) || self.is_not_assigned()
    }

    /// IAM Identity Center refuses permission sets in words of its own.
    fn is_not_assigned(&self) -> bool {
        matches!(self.lead.wanted, Wanted::PermissionSet { .. })
            && self.why.contains("ForbiddenException")
    }

    /// What to type next.
    pub(super) fn hint(&self) -> Option<String> {
        let profile = self.lead.profile.as_deref().unwrap_or("default");
        match &self.lead.source {
            Source::NotDefined { by, named } => {
                return Some(format!(
                    "define [profile {named}] in ~/.aws/config, or name another source_profile in \
                     [profile {by}]; there are: aws configure list-profiles"
                ));
            }
            Source::Unclear(name) | Source::Circle(name) => {
                return Some(format!(
                    "give [profile {name}] of ~/.aws/config one source_profile that has credentials of its own"
                ));
            }
            _ => {}
        }
        if self.is_not_assigned() {
            return Some(format!(
                "whoever keeps IAM Identity Center has to assign {} to you; or log in as somebody \
                 who has it: aws sso login --profile {profile}",
                self.lead.wanted
            ));
        }
        if self.is_no_arn() {
            return Some(format!(
                "correct role_arn, in [profile {profile}] of ~/.aws/config or in AWS_ROLE_ARN: \
                 arn:aws:iam::ACCOUNT:role/NAME"
            ));
        }
        let mut cause = self.cause.clone();
        if let (Cause::Denied(denied), Wanted::Role(arn)) = (&mut cause, &self.lead.wanted) {
            // To a token's bearer AWS does not tell which role it was.
            denied.resource.get_or_insert_with(|| arn.clone());
        }
        cause.hint_for(self.asking_profile())
    }

    fn is_no_arn(&self) -> bool {
        self.why.contains(" ValidationError: ")
    }

    /// The profile with which to look at what is the matter: that of whoever asks.
    fn asking_profile(&self) -> Option<&str> {
        match &self.lead.source {
            Source::Profile(name) | Source::Sso(name) => Some(name),
            _ => self.lead.profile.as_deref(),
        }
    }
}

impl fmt::Display for Unassumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lead {
            wanted,
            profile,
            source,
        } = &self.lead;
        write!(f, "{wanted} was not assumed (")?;
        match profile {
            Some(profile) => write!(f, "profile `{profile}`")?,
            None => f.write_str("AWS_ROLE_ARN")?,
        }
        match source.is_mistake() {
            // What the SDK says is that nothing it tried had credentials.
            true => write!(f, "): {source}"),
            false => write!(f, ", by {source}): {}", self.why),
        }
    }
}

impl std::error::Error for Unassumed {}
