//! Whether MySQL answers.

use sqlx::mysql::MySqlPool;

use crate::StoreError;

/// Asks MySQL for an answer.
///
/// # Errors
/// Why there was none.
pub async fn ping(pool: &MySqlPool) -> Result<(), StoreError> {
    sqlx::query("SELECT 1").execute(pool).await?;
    Ok(())
}
