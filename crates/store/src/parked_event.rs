//! Table `parked_event`: records that no consumer can understand.

use sqlx::mysql::MySqlPool;
use sqlx::{MySql, QueryBuilder};

use crate::StoreError;

/// Where a record lies, and why it was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// What is wrong with it.
    pub reason: String,
}

/// Notes parked records; noting one again changes nothing but the reason.
///
/// # Errors
/// Why MySQL did not answer; then none was noted.
pub async fn park(pool: &MySqlPool, events: &[ParkedEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO parked_event (topic, partition_id, record_offset, reason) ",
    );
    query.push_values(events, |mut row, event| {
        row.push_bind(&event.topic)
            .push_bind(event.partition)
            .push_bind(event.offset)
            .push_bind(event.reason.chars().take(512).collect::<String>());
    });
    query.push(" AS new ON DUPLICATE KEY UPDATE reason = new.reason");
    query.build().persistent(false).execute(pool).await?;
    Ok(())
}
