//! AWS allows so many test failovers a day.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Test failovers within [`WINDOW`]. Source: the ElastiCache user guide, read in 2026-11.
pub(crate) const MOST: usize = 15;
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The test failovers of the last day.
#[derive(Debug, Default)]
pub(crate) struct Quota(VecDeque<Timestamp>);

impl Quota {
    /// Takes one, if there is one left at `now`.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        while self
            .0
            .front()
            .is_some_and(|at| now.duration_since(*at) >= WINDOW)
        {
            self.0.pop_front();
        }
        let left = self.0.len() < MOST;
        if left {
            self.0.push_back(now);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_day_has_more_than_the_quota(gaps in prop::collection::vec(0_i64..7_200, 1..120)) {
            let (mut quota, mut now) = (Quota::default(), Timestamp::UNIX_EPOCH);
            let mut taken = Vec::new();
            for gap in gaps {
                now += SignedDuration::from_secs(gap);
                let within = taken.iter().filter(|at| now.duration_since(**at) < WINDOW).count();
                let got = quota.take(now);
                prop_assert_eq!(got, within < MOST);
                if got {
                    taken.push(now);
                }
            }
        }
    }
}
