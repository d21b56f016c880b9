//! Table `relay_lease`: which relay may publish. All times are MySQL's.

use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlPool};

use crate::StoreError;

const NAME: &str = "outbox";

/// Tries to take the lease for `ttl`; returns its new epoch, or `None` while another holds it.
/// With `resume`, a lease in `holder`'s own name is taken over at once: its process has died.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn acquire(
    pool: &MySqlPool,
    holder: &str,
    resume: bool,
    ttl: Duration,
) -> Result<Option<u64>, StoreError> {
    let mut tx = pool.begin().await?;
    let taken = sqlx::query(
        "UPDATE relay_lease SET holder = ?, epoch = epoch + 1, \
         expires_at = NOW(6) + INTERVAL ? MICROSECOND \
         WHERE name = ? AND (expires_at <= NOW(6) OR (? AND holder = ?))",
    )
    .bind(holder)
    .bind(micros(ttl))
    .bind(NAME)
    .bind(resume)
    .bind(holder)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if taken == 0 {
        return Ok(None);
    }
    let epoch = sqlx::query_scalar("SELECT epoch FROM relay_lease WHERE name = ?")
        .bind(NAME)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(epoch))
}

/// Prolongs the lease of `epoch` by `ttl` from now.
///
/// # Errors
/// [`StoreError::LeaseLost`] when another has taken it.
pub async fn renew(pool: &MySqlPool, epoch: u64, ttl: Duration) -> Result<(), StoreError> {
    let renewed = sqlx::query(
        "UPDATE relay_lease SET expires_at = NOW(6) + INTERVAL ? MICROSECOND \
         WHERE name = ? AND epoch = ?",
    )
    .bind(micros(ttl))
    .bind(NAME)
    .bind(epoch)
    .execute(pool)
    .await?
    .rows_affected();
    held(renewed == 1, epoch)
}

/// Ends the lease of `epoch` so that a successor need not wait; nothing happens if it is over.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn release(pool: &MySqlPool, epoch: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE relay_lease SET expires_at = NOW(6) WHERE name = ? AND epoch = ?")
        .bind(NAME)
        .bind(epoch)
        .execute(pool)
        .await?;
    Ok(())
}

/// Keeps others from taking the lease until the transaction ends. A shared lock is enough: taking
/// and renewing need an exclusive one.
pub(crate) async fn hold(tx: &mut MySqlConnection, epoch: u64) -> Result<(), StoreError> {
    let current: Option<u64> =
        sqlx::query_scalar("SELECT epoch FROM relay_lease WHERE name = ? AND epoch = ? FOR SHARE")
            .bind(NAME)
            .bind(epoch)
            .fetch_optional(tx)
            .await?;
    held(current.is_some(), epoch)
}

fn held(yes: bool, epoch: u64) -> Result<(), StoreError> {
    if yes {
        Ok(())
    } else {
        Err(StoreError::LeaseLost { epoch })
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
