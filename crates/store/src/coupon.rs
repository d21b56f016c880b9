//! Tables `coupon` and `coupon_claim`: a stock that many claimants want at once.

use sqlx::mysql::MySqlPool;

use crate::StoreError;

/// How a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The claimant has one now.
    Issued,
    /// The claimant had one before.
    Repeat,
    /// None was left.
    SoldOut,
    /// There is no such coupon.
    Unknown,
}

/// Puts `stock` coupons called `id` up for claims; nothing happens if they are there already.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn offer(pool: &MySqlPool, id: &str, stock: u32) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO coupon (id, stock) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id")
        .bind(id)
        .bind(stock)
        .execute(pool)
        .await?;
    Ok(())
}

/// Gives `claimant` one of the coupons called `id`, if one is left.
///
/// The coupon's row is locked first: claims for it go one after the other, so the stock that is read
/// is the stock that is taken from.
///
/// # Errors
/// [`StoreError::Contended`] when the lock was not had in time: nothing was issued.
pub async fn claim(pool: &MySqlPool, id: &str, claimant: &str) -> Result<Claim, StoreError> {
    let mut tx = pool.begin().await?;
    let stock: Option<(u32, u32)> =
        sqlx::query_as("SELECT stock, issued FROM coupon WHERE id = ? FOR UPDATE")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
    let Some((stock, issued)) = stock else {
        return Ok(Claim::Unknown);
    };
    let before: Option<u8> = sqlx::query_scalar(
        "SELECT CAST(1 AS UNSIGNED) FROM coupon_claim WHERE coupon_id = ? AND claimant = ?",
    )
    .bind(id)
    .bind(claimant)
    .fetch_optional(&mut *tx)
    .await?;
    if before.is_some() {
        return Ok(Claim::Repeat);
    }
    if issued >= stock {
        return Ok(Claim::SoldOut);
    }
    sqlx::query("INSERT INTO coupon_claim (coupon_id, claimant) VALUES (?, ?)")
        .bind(id)
        .bind(claimant)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE coupon SET issued = issued + 1 WHERE id = ?")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Claim::Issued)
}
