//! Where AWS is asked, as whom, and how long an answer may take.

use std::fmt;
use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;

/// Where and as whom. What is not said comes from where AWS's own tools have it: `AWS_*` variables, the
/// profile, IAM Identity Center, the task's or the machine's role.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// AWS region.
    pub region: Option<String>,
    /// Profile of `~/.aws/config`.
    pub profile: Option<String>,
    /// URL of an API that stands for AWS; S3 is then asked by path.
    pub endpoint: Option<String>,
    /// Credentials of a rehearsal.
    pub credentials: Option<Given>,
    /// How long things may take.
    pub bounds: Bounds,
}

/// Credentials that were given, not found.
#[derive(Clone)]
pub struct Given {
    /// Access key id.
    pub key: String,
    /// Secret access key.
    pub secret: String,
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// To make a connection.
    pub connect: Duration,
    /// From a request to the first byte of its answer, and between two pieces of a download.
    pub read: Duration,
    /// One attempt of a call.
    pub attempt: Duration,
    /// A call with all its attempts and the pauses between them.
    pub operation: Duration,
    /// Between two questions of somebody who waits.
    pub pace: Duration,
    /// How long a log must stay silent, once its task has ended, to have no more lines.
    pub log_settle: Duration,
    /// How long what is removed may take to be gone, for each step of the order; what is only refused, because
    /// something else uses it, is asked again for a quarter of that.
    pub removal: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            // The SDK's own default.
            connect: Duration::from_millis(3100),
            read: Duration::from_secs(20),
            attempt: Duration::from_secs(30),
            // The SDK makes three attempts and pauses for 20 s at most.
            operation: Duration::from_secs(130),
            // AWS's own waiters ask every 15 to 30 s; a drill wants to see more of a failover.
            pace: Duration::from_secs(5),
            // The log driver of a task sends what it has every 5 s.
            log_settle: Duration::from_secs(15),
            // What is being made has to be waited for first: both times of an MSK cluster, the longest in
            // data/durations.toml.
            removal: Duration::from_secs(60 * 60),
        }
    }
}

impl Bounds {
    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.read)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }

    /// The same for a call that sends `bytes`, each of whose `attempts` takes longer.
    pub(super) fn timeouts_to_send(&self, bytes: u64, attempts: u32) -> TimeoutConfig {
        /// Slowest upload that is waited for, in bytes per second.
        const SLOWEST: u64 = 256 * 1024;
        let sending = Duration::from_secs(bytes / SLOWEST);
        let longer = self.timeouts().into_builder();
        longer
            .read_timeout(self.read + sending)
            .operation_attempt_timeout(self.attempt + sending)
            .operation_timeout(self.operation + sending * attempts)
            .build()
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut given = f.debug_struct("Given");
        given.field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_secret_is_not_shown() {
        let given = Given {
            key: "AKIA".to_owned(),
            secret: "s3cret".to_owned(),
        };
        let place = Place {
            credentials: Some(given),
            ..Place::default()
        };
        assert!(!format!("{place:?}").contains("s3cret"));
    }

    #[test]
    fn a_call_has_room_for_the_attempts_that_the_sdk_makes() {
        let bounds = Bounds::default();
        assert!(bounds.operation >= bounds.attempt * 3 + Duration::from_secs(2 * 20));
        assert!(bounds.attempt > bounds.connect + bounds.read);
    }
}
