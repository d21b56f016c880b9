//! How long a failover is waited for before nobody knows whether it came to its end.

use std::time::Duration;

use crate::run::Pace;

/// Our own patience; what AWS usually takes is a fraction of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Looking whether it is allowed, with every call tried again.
    pub asking: Duration,
    /// From RebootDBInstance or FailoverDBCluster to the last event.
    pub database: Duration,
    /// From TestFailover to the last event: the lost node is replaced before it.
    pub cache: Duration,
    /// From RebootBroker to the end of its operation.
    pub broker: Duration,
}

impl Limits {
    /// Those of the API at `pace`.
    pub fn of(pace: Pace) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        match pace {
            Pace::Aws => Self {
                asking: minutes(5),
                database: minutes(10),
                cache: minutes(20),
                broker: minutes(30),
            },
            // The servers are processes of this machine, and the API itself gives up after three minutes.
            Pace::Unknown => Self {
                asking: minutes(1),
                database: minutes(3),
                cache: minutes(3),
                broker: minutes(3),
            },
        }
    }
}
