//! Keeping the lease while sessions run.

use std::time::{Duration, Instant};

use rlab_store::{MySqlPool, StoreError, relay_lease};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long the lease lasts unless it is renewed.
pub const TTL: Duration = Duration::from_secs(5);
/// How often a relay that stands by looks whether the lease is free.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);

const RENEW_EVERY: Duration = Duration::from_millis(1500);

/// The lease of one epoch, renewed in the background.
pub struct Lease {
    /// Number of this holding.
    pub epoch: u64,
    /// Cancelled when the lease may be in other hands.
    pub lost: CancellationToken,
    pool: MySqlPool,
    over: DropGuard,
    renewing: JoinHandle<()>,
}

impl Lease {
    /// Starts to renew a lease that was asked for at `since`.
    pub fn keep(pool: MySqlPool, epoch: u64, since: Instant) -> Self {
        let lost = CancellationToken::new();
        let over = CancellationToken::new();
        let renewer = Renewer {
            pool: pool.clone(),
            epoch,
            lost: lost.clone(),
            over: over.clone(),
        };
        Self {
            epoch,
            lost,
            pool,
            over: over.drop_guard(),
            renewing: tokio::spawn(renewer.run(since)),
        }
    }

    /// Lets a successor in at once. A renewal on its way is waited for: after the release it would
    /// bring the lease back.
    pub async fn give_up(self) {
        drop(self.over);
        // An error would mean that the task panicked, and then it renews no more either.
        let _ = self.renewing.await;
        if let Err(error) = relay_lease::release(&self.pool, self.epoch).await {
            tracing::warn!(%error, "lease not released; it will run out");
        }
    }
}

struct Renewer {
    pool: MySqlPool,
    epoch: u64,
    lost: CancellationToken,
    over: CancellationToken,
}

impl Renewer {
    /// Renews until the lease is given up, or until it may have run out. It runs from the moment
    /// before MySQL was asked, since MySQL counts from a later one.
    async fn run(self, mut renewed: Instant) {
        loop {
            let pause = tokio::time::sleep(RENEW_EVERY.min(left(renewed)));
            if self.over.run_until_cancelled(pause).await.is_none() {
                return;
            }
            let (asked, left) = (Instant::now(), left(renewed));
            if left.is_zero() {
                break;
            }
            let renewal = relay_lease::renew(&self.pool, self.epoch, TTL);
            match tokio::time::timeout(left, renewal).await {
                Ok(Ok(())) => renewed = asked,
                Ok(Err(StoreError::LeaseLost { .. })) => break,
                Ok(Err(error)) => tracing::warn!(%error, "lease not renewed"),
                Err(_) => tracing::warn!("lease not renewed in time"),
            }
        }
        self.lost.cancel();
    }
}

fn left(renewed: Instant) -> Duration {
    TTL.saturating_sub(renewed.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_store::connect::{open_pool, options};

    /// A lease whose MySQL does not answer, with `left` of its time.
    fn cut_off(left: Duration) -> Lease {
        let nowhere = options(([127, 0, 0, 1], 1).into(), "u", "p", None);
        let since = Instant::now().checked_sub(TTL - left).unwrap();
        Lease::keep(open_pool(nowhere, 1), 1, since)
    }

    #[tokio::test]
    async fn a_lease_that_cannot_be_renewed_is_lost_when_its_time_is_up() {
        let lease = cut_off(Duration::from_millis(300));
        let begun = Instant::now();
        lease.lost.cancelled().await;
        let waited = begun.elapsed();
        assert!(waited < RENEW_EVERY, "noticed after {waited:?} only");
    }

    #[tokio::test]
    async fn a_lease_that_is_given_up_is_renewed_no_more_and_not_lost() {
        let Lease {
            lost,
            over,
            renewing,
            ..
        } = cut_off(TTL);
        drop(over);
        renewing.await.unwrap();
        assert!(!lost.is_cancelled());
    }
}
