//! Table `read_model`, as readers see it.

use sqlx::Row;
use sqlx::mysql::MySqlPool;

use crate::{StoreError, row};

/// What is known of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// The item.
    pub item_id: String,
    /// Sequence of the newest event applied.
    pub version: u64,
    /// Sum of level changes.
    pub level: i64,
    /// Sum of costs.
    pub spent: u64,
    /// JSON of the newest event.
    pub summary: String,
    /// Last change, microseconds since the Unix epoch.
    pub updated_at_us: i64,
}

/// The item called `item_id`, if any event of it was applied.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn find(pool: &MySqlPool, item_id: &str) -> Result<Option<ItemView>, StoreError> {
    let found = sqlx::query(
        "SELECT item_id, version, level, spent, CAST(summary AS CHAR), \
         CAST(UNIX_TIMESTAMP(updated_at) * 1000000 AS SIGNED) FROM read_model WHERE item_id = ?",
    )
    .bind(item_id)
    .fetch_optional(pool)
    .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(ItemView {
        item_id: row::name(&found, 0)?,
        version: found.try_get(1)?,
        level: found.try_get(2)?,
        spent: found.try_get(3)?,
        summary: found.try_get(4)?,
        updated_at_us: found.try_get(5)?,
    }))
}
