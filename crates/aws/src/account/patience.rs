//! Waiting at a bounded pace, up to a limit.

use std::time::{Duration, Instant};

/// How long somebody still waits.
#[derive(Debug)]
pub(super) struct Patience {
    began: Instant,
    limit: Duration,
    pace: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration, pace: Duration) -> Self {
        Self {
            began: Instant::now(),
            limit,
            pace,
        }
    }

    pub(super) fn waited(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether the limit is over.
    pub(super) fn is_over(&self) -> bool {
        self.waited() >= self.limit
    }

    /// Waits until it is time to ask again; `false` once the limit is over.
    pub(super) async fn lasts(&self) -> bool {
        let left = self.limit.saturating_sub(self.waited());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.pace.min(left)).await;
        true
    }
}
