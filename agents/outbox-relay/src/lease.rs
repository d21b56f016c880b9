//! Keeping the lease while sessions run.

use std::time::{Duration, Instant};

use rlab_store::{MySqlPool, StoreError, relay_lease};
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
    _renewing: DropGuard,
}

impl Lease {
    /// Starts to renew a lease taken just now.
    pub fn keep(pool: MySqlPool, epoch: u64) -> Self {
        let lost = CancellationToken::new();
        let over = CancellationToken::new();
        let renewing = renew(pool.clone(), epoch, lost.clone());
        let until = over.clone();
        tokio::spawn(async move { until.run_until_cancelled(renewing).await });
        Self {
            epoch,
            lost,
            pool,
            _renewing: over.drop_guard(),
        }
    }

    /// Lets a successor in at once.
    pub async fn give_up(self) {
        if let Err(error) = relay_lease::release(&self.pool, self.epoch).await {
            tracing::warn!(%error, "lease not released; it will run out");
        }
    }
}

async fn renew(pool: MySqlPool, epoch: u64, lost: CancellationToken) {
    let mut renewed = Instant::now();
    while renewed.elapsed() < TTL {
        tokio::time::sleep(RENEW_EVERY).await;
        let asked = Instant::now();
        let left = TTL.saturating_sub(renewed.elapsed());
        match tokio::time::timeout(left, relay_lease::renew(&pool, epoch, TTL)).await {
            Ok(Ok(())) => renewed = asked,
            Ok(Err(StoreError::LeaseLost { .. })) => break,
            Ok(Err(error)) => tracing::warn!(%error, "lease not renewed"),
            Err(_) => tracing::warn!("lease not renewed in time"),
        }
    }
    lost.cancel();
}
