//! Whether MySQL answers, and where it stands.

use sqlx::mysql::{MySqlConnection, MySqlPool};

use crate::StoreError;

/// Asks MySQL for an answer.
///
/// # Errors
/// Why there was none.
pub async fn ping(pool: &MySqlPool) -> Result<(), StoreError> {
    sqlx::query("SELECT 1").execute(pool).await?;
    Ok(())
}

/// The address that the server listens on, as its options have it.
///
/// # Errors
/// Why there was no answer.
pub async fn bind_address(connection: &mut MySqlConnection) -> Result<String, StoreError> {
    let asked = sqlx::query_scalar("SELECT @@GLOBAL.bind_address");
    Ok(asked.fetch_one(connection).await?)
}
