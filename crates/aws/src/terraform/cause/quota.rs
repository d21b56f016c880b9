//! A quota that is used up, or capacity that AWS does not have.

use serde::Serialize;

use super::words::{after, iam_prefix, operation, until};

/// What there is no more of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// AWS's error code, such as `VpcLimitExceeded`.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// The service's name in Service Quotas, when it can be told.
    pub service: Option<String>,
}

/// How AWS's codes for a quota end, and those for missing capacity begin.
const ENDINGS: &[&str] = &[
    "LimitExceeded",
    "LimitExceededException",
    "LimitExceededFault",
    "QuotaExceeded",
    "QuotaExceededException",
    "QuotaExceededFault",
    "QuotaForCustomerExceeded",
    "QuotaForCustomerExceededFault",
    "PerCustomerExceeded",
];

impl Quota {
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let code = words.into_iter().find(|w| is_code(w))?;
        let message = after(text, code).unwrap_or_default();
        let message = until(message, &["\n"])
            .trim_start_matches([':', ' '])
            .trim();
        let service = match code {
            c if [
                "Vpc",
                "Subnet",
                "RouteTable",
                "NatGateway",
                "InternetGateway",
                "SecurityGroup",
            ]
            .iter()
            .any(|vpc| c.starts_with(vpc)) =>
            {
                Some("vpc".to_owned())
            }
            _ => operation(text).map(|(service, _)| iam_prefix(service)),
        };
        Some(Self {
            code: code.to_owned(),
            message: message.to_owned(),
            service,
        })
    }

    /// Whether AWS lacks capacity, which no quota changes.
    pub fn is_capacity(&self) -> bool {
        self.code.starts_with("Insufficient")
    }

    pub(super) fn hint(&self) -> String {
        if self.is_capacity() {
            return "AWS has no capacity for this size in these zones now; choose another size or zone, \
                    or try later"
                .into();
        }
        let service = self.service.as_deref().unwrap_or("SERVICE");
        format!(
            "remove what is not used, or ask for more: aws service-quotas list-service-quotas \
             --service-code {service}, then aws service-quotas request-service-quota-increase"
        )
    }
}

fn is_code(word: &str) -> bool {
    let capacity = word.starts_with("Insufficient") && word.contains("Capacity");
    capacity || ENDINGS.iter().any(|ending| word.ends_with(ending))
}
