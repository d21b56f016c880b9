//! A refused call: which action, on what, for whom, who denies it, and the policy that would allow it.

use serde::Serialize;
use serde_json::{Value, json};

use super::trust;
use super::words::{after, iam_prefix, operation, until, word};

/// A permission that is missing or denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denied {
    /// IAM action, such as `kafka:CreateCluster`; `None` when AWS's text does not tell it.
    pub action: Option<String>,
    /// AWS did not name the action; it was concluded from the operation that failed.
    pub concluded: bool,
    /// ARN, or `*`; `None` when not told.
    pub resource: Option<String>,
    /// ARN of who asked.
    pub principal: Option<String>,
    /// The kind of policy that denies explicitly, with its ARN if told. No grant helps against it.
    pub denied_by: Option<String>,
}

const REFUSED: &[&str] = &[
    "is not authorized to perform",
    "AccessDenied",
    "UnauthorizedOperation",
    "AuthorizationError",
    "api error Forbidden",
    "NotAuthorized",
];
/// Calls that need the consent of the role, too.
const ASSUMES: &str = "sts:AssumeRole";
const PERFORM: &str = "is not authorized to perform: ";
const DENIES: &str = "with an explicit deny in ";
const ENDS: &[&str] = &[" because ", " with an explicit deny", "\n", ". ", ", "];

impl Denied {
    pub(super) fn in_text(text: &str) -> Option<Self> {
        if !REFUSED.iter().any(|code| text.contains(code)) {
            return None;
        }
        let told = after(text, PERFORM);
        let concluded = || operation(text).map(|(service, call)| action_of(service, call));
        let resource = told.and_then(|t| after(until(t, &["\n"]), "on resource: "));
        Some(Self {
            action: told.map(|t| word(t).to_owned()).or_else(concluded),
            concluded: told.is_none(),
            resource: resource.and_then(|r| last_word(until(r, ENDS))),
            principal: after(text, "User: ").map(|u| word(u).to_owned()),
            denied_by: after(text, DENIES).map(|d| {
                until(d, &["\n", ". ", " action"])
                    .trim()
                    .trim_end_matches('.')
                    .into()
            }),
        })
    }

    /// The policy statement that would grant it; `None` when the action is unknown or a policy denies
    /// it explicitly, since then no grant helps.
    pub fn statement(&self) -> Option<Value> {
        let action = self.action.as_ref().filter(|_| self.denied_by.is_none())?;
        let resource = self.resource.as_deref().unwrap_or("*");
        Some(json!({ "Effect": "Allow", "Action": [action], "Resource": [resource] }))
    }

    pub(super) fn hint(&self) -> String {
        if let Some(policy) = &self.denied_by {
            return format!(
                "whoever keeps the account has to change {policy}; a grant does not help"
            );
        }
        if let Some(action) = self.action.as_deref().filter(|a| a.starts_with(ASSUMES)) {
            return trust::hint(action, self.resource.as_deref(), self.principal.as_deref());
        }
        match self.statement() {
            Some(statement) => {
                let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
                let unsure = match self.concluded {
                    true => " (AWS did not name the action; this is the one of the failed call)",
                    false => "",
                };
                format!("attach this policy{unsure}: {policy}")
            }
            None => {
                "decode what AWS said: aws sts decode-authorization-message --encoded-message …"
                    .into()
            }
        }
    }
}

/// A resource may be told as `policy arn:…`.
fn last_word(text: &str) -> Option<String> {
    let last = text.split_whitespace().next_back()?;
    Some(word(last).to_owned()).filter(|r| !r.is_empty())
}

/// Few operations are not called like the action that allows them.
fn action_of(service: &str, call: &str) -> String {
    let call = match (service, call) {
        ("S3", "HeadBucket" | "ListObjectsV2" | "ListObjects") => "ListBucket",
        ("S3", "HeadObject") => "GetObject",
        _ => call,
    };
    format!("{}:{call}", iam_prefix(service))
}
