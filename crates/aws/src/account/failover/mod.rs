//! Failovers that AWS is asked for: what it allows, the calls themselves, and the events that prove them.

mod broker;
mod cache;
mod chain;
mod database;
mod facts;

pub use broker::{Brokers, Rebooting};
pub use cache::{CacheGroup, CacheMember};
pub use chain::{Followed, Link, Watch};
pub use database::{DatabaseCluster, DatabaseInstance};
pub use facts::{Chain, Failovers, Quota};

use jiff::Timestamp;

/// A call that began something, on the caller's clock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Asked {
    /// Just before the call was sent.
    pub at: Timestamp,
    /// The id by which AWS knows it.
    pub request_id: Option<String>,
}

impl Asked {
    fn now() -> Self {
        Self {
            at: Timestamp::now(),
            request_id: None,
        }
    }

    fn answered(self, request_id: Option<&str>) -> Self {
        Self {
            request_id: request_id.map(str::to_owned),
            ..self
        }
    }
}
