//! Faults of the API itself, switched on by tests of the code that calls it.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::protocol::action;
use crate::protocol::refusal::Refusal;
use crate::protocol::wire::Wire;

/// Which requests a fault concerns. What is not said matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// Service as SigV4 names it, for example `kafka`.
    #[serde(default)]
    pub service: Option<String>,
    /// Action, for example `RebootBroker`.
    #[serde(default)]
    pub action: Option<String>,
    /// Access key id of the caller.
    #[serde(default)]
    pub access_key: Option<String>,
    /// Only actions that change something.
    #[serde(default)]
    pub mutating: bool,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Requests are throttled, with the error that the service's protocol has for it.
    Throttle {
        /// Which.
        requests: Requests,
        /// How many times; `None` is until the fault is taken back.
        times: Option<u32>,
        /// Seconds in `Retry-After`.
        retry_after_s: u32,
    },
    /// The caller's session token has expired.
    ExpiredToken {
        /// Which.
        requests: Requests,
    },
    /// No policy allows the action. With `mutating`, the caller may only read.
    Deny {
        /// Which.
        requests: Requests,
    },
    /// Requests are answered late.
    Delay {
        /// Which.
        requests: Requests,
        /// By how many milliseconds, at most [`MAX_DELAY_MS`].
        by_ms: u64,
    },
    /// Events are never told, though they happen.
    Withhold {
        /// `rds` or `elasticache`.
        service: String,
        /// How the event's message begins.
        message_prefix: String,
    },
}

/// Longest delay in milliseconds.
pub const MAX_DELAY_MS: u64 = 60_000;

/// What a request is judged by.
pub(crate) struct Caller<'a> {
    pub(crate) service: &'a str,
    pub(crate) action: &'a str,
    pub(crate) access_key: &'a str,
    pub(crate) wire: Wire,
    /// ARN of the principal.
    pub(crate) principal: &'a str,
    /// ARN of what the action is about.
    pub(crate) resource: &'a str,
}

impl Requests {
    fn concern(&self, caller: &Caller<'_>) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        is(&self.service, caller.service)
            && is(&self.action, caller.action)
            && is(&self.access_key, caller.access_key)
            && (!self.mutating || action::mutates(caller.action))
    }
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.0 = faults;
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// How long the answer waits.
    pub(crate) fn delay(&self, caller: &Caller<'_>) -> Duration {
        let total: u64 = self
            .0
            .iter()
            .filter_map(|fault| match fault {
                Fault::Delay { requests, by_ms } if requests.concern(caller) => Some(*by_ms),
                _ => None,
            })
            .sum();
        Duration::from_millis(total.min(MAX_DELAY_MS))
    }

    /// The refusal that a fault wants; the first fault in the list decides.
    pub(crate) fn refusal(&mut self, caller: &Caller<'_>) -> Option<Refusal> {
        self.0.iter_mut().find_map(|fault| match fault {
            Fault::Throttle {
                requests,
                times,
                retry_after_s,
            } if requests.concern(caller) && *times != Some(0) => {
                *times = times.map(|left| left - 1);
                Some(throttled(caller, *retry_after_s))
            }
            Fault::ExpiredToken { requests } if requests.concern(caller) => {
                Some(expired(caller.wire))
            }
            Fault::Deny { requests } if requests.concern(caller) => Some(denied(caller)),
            _ => None,
        })
    }

    /// Whether an event is never told.
    pub(crate) fn withholds(&self, service: &str, message: &str) -> bool {
        self.0.iter().any(|fault| match fault {
            Fault::Withhold {
                service: of,
                message_prefix,
            } => of == service && message.starts_with(message_prefix),
            _ => false,
        })
    }
}

fn throttled(caller: &Caller<'_>, retry_after_s: u32) -> Refusal {
    let (status, code) = match (caller.wire, caller.service) {
        (_, "kafka") => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        (Wire::Query, _) => (StatusCode::BAD_REQUEST, "Throttling"),
        (Wire::Ec2, _) => (StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded"),
        (Wire::RestXml, _) => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        (Wire::Json | Wire::Cbor, _) => (StatusCode::BAD_REQUEST, "ThrottlingException"),
    };
    Refusal {
        retry_after_s: Some(retry_after_s),
        ..Refusal::new(status, code, "Rate exceeded")
    }
}

fn expired(wire: Wire) -> Refusal {
    let code = match wire {
        Wire::Query | Wire::RestXml => "ExpiredToken",
        Wire::Ec2 => "RequestExpired",
        Wire::Json | Wire::Cbor => "ExpiredTokenException",
    };
    let message = "The security token included in the request is expired";
    Refusal::new(StatusCode::FORBIDDEN, code, message)
}

fn denied(caller: &Caller<'_>) -> Refusal {
    let code = match caller.wire {
        Wire::Query | Wire::RestXml => "AccessDenied",
        Wire::Ec2 => "UnauthorizedOperation",
        Wire::Json | Wire::Cbor => "AccessDeniedException",
    };
    let prefix = match caller.service {
        "monitoring" => "cloudwatch",
        service => service,
    };
    let message = format!(
        "User: {} is not authorized to perform: {prefix}:{} on resource: {} because no identity-based policy allows the {prefix}:{} action",
        caller.principal, caller.action, caller.resource, caller.action
    );
    Refusal::new(StatusCode::FORBIDDEN, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller<'a>(service: &'a str, action: &'a str) -> Caller<'a> {
        Caller {
            service,
            action,
            access_key: "reader",
            wire: Wire::Query,
            principal: "arn:aws:iam::1:user/reader",
            resource: "arn:aws:rds:eu-west-1:1:db:x",
        }
    }

    #[test]
    fn throttling_ends_after_its_number_of_times() {
        let mut faults = Faults::default();
        faults.set(vec![Fault::Throttle {
            requests: Requests::default(),
            times: Some(2),
            retry_after_s: 1,
        }]);
        let mut throttled = || faults.refusal(&caller("rds", "DescribeEvents")).is_some();
        assert_eq!([throttled(), throttled(), throttled()], [true, true, false]);
    }

    #[test]
    fn a_reader_is_denied_changes_and_nothing_else() {
        let mut faults = Faults::default();
        let requests = Requests {
            access_key: Some("reader".to_owned()),
            mutating: true,
            ..Requests::default()
        };
        faults.set(vec![Fault::Deny { requests }]);
        assert_eq!(faults.refusal(&caller("rds", "DescribeEvents")), None);
        let refusal = faults.refusal(&caller("rds", "RebootDBInstance")).unwrap();
        assert_eq!(refusal.code, "AccessDenied");
        assert!(refusal.message.starts_with("User: arn:aws:iam::1:user/reader is not authorized to perform: rds:RebootDBInstance on resource: arn:aws:rds:eu-west-1:1:db:x"));
    }

    #[test]
    fn delays_are_bounded() {
        let mut faults = Faults::default();
        let delay = || Fault::Delay {
            requests: Requests::default(),
            by_ms: MAX_DELAY_MS,
        };
        faults.set(vec![delay(), delay()]);
        assert_eq!(
            faults.delay(&caller("rds", "X")).as_millis(),
            u128::from(MAX_DELAY_MS)
        );
    }
}
