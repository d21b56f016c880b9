//! Table `relay`: which relays are alive. All times are MySQL's.

use std::time::Duration;

use sqlx::mysql::MySqlPool;

use crate::StoreError;

/// Says that `holder` is alive for another `ttl`; returns how many relays are, this one included.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn attend(pool: &MySqlPool, holder: &str, ttl: Duration) -> Result<u64, StoreError> {
    sqlx::query(
        "INSERT INTO relay (holder, expires_at) VALUES (?, NOW(6) + INTERVAL ? MICROSECOND) AS new \
         ON DUPLICATE KEY UPDATE expires_at = new.expires_at",
    )
    .bind(holder)
    .bind(micros(ttl))
    .execute(pool)
    .await?;
    let alive: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM relay WHERE expires_at > NOW(6)")
        .fetch_one(pool)
        .await?;
    Ok(u64::try_from(alive).unwrap_or_default())
}

/// Says that `holder` is going; nothing happens if it is gone.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn leave(pool: &MySqlPool, holder: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM relay WHERE holder = ?")
        .bind(holder)
        .execute(pool)
        .await?;
    Ok(())
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
