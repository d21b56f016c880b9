//! Table `outbox_event`, as the relay reads and settles it.

use std::collections::HashSet;

use sqlx::mysql::{MySqlPool, MySqlRow};
use sqlx::{MySql, QueryBuilder, Row};
use uuid::Uuid;

use crate::{StoreError, relay_lease, row};

/// An event to be published.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Row id: order of insertion.
    pub id: u64,
    /// The event.
    pub event_id: Uuid,
    /// Aggregate, and key of the record.
    pub aggregate_id: String,
    /// Version of the schema the payload was written for.
    pub schema_version: u16,
    /// Avro datum.
    pub payload: Vec<u8>,
}

/// Up to `limit` unsettled rows that are not in `in_flight`, oldest id first.
///
/// Every call looks at all unsettled ids from the oldest on, in one statement and so in one
/// consistent view: a row whose transaction commits late, with an id smaller than others seen
/// before, is found as soon as it is visible, and never after a later row of its aggregate.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn unsettled<S: std::hash::BuildHasher>(
    pool: &MySqlPool,
    in_flight: &HashSet<u64, S>,
    limit: usize,
) -> Result<Vec<OutboxRow>, StoreError> {
    let reach = u64::try_from(in_flight.len() + limit).unwrap_or(u64::MAX);
    // Answered from the index `unsettled` alone.
    let mut ids: Vec<u64> = sqlx::query_scalar(
        "SELECT id FROM outbox_event WHERE settled_at IS NULL AND parked_at IS NULL \
         ORDER BY id LIMIT ?",
    )
    .bind(reach)
    .fetch_all(pool)
    .await?;
    ids.retain(|id| !in_flight.contains(id));
    ids.truncate(limit);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT id, event_id, aggregate_id, schema_version, payload FROM outbox_event WHERE id IN (",
    );
    push_ids(&mut query, &ids);
    query.push(") ORDER BY id");
    // Not kept as a prepared statement: each number of ids would be another one.
    let rows = query.build().persistent(false).fetch_all(pool).await?;
    rows.iter().map(outbox_row).collect()
}

/// Marks `ids` as published, provided the lease of `epoch` is still held.
///
/// # Errors
/// [`StoreError::LeaseLost`] when it is not; then nothing is marked.
pub async fn settle(pool: &MySqlPool, epoch: u64, ids: &[u64]) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    relay_lease::hold(&mut tx, epoch).await?;
    let mut query =
        QueryBuilder::<MySql>::new("UPDATE outbox_event SET settled_at = NOW(6) WHERE id IN (");
    push_ids(&mut query, ids);
    query.push(")");
    query.build().persistent(false).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a row aside that can never be published, so that it is seen and blocks nothing.
///
/// # Errors
/// [`StoreError::LeaseLost`] when the lease of `epoch` is over; then nothing is changed.
pub async fn park(pool: &MySqlPool, epoch: u64, id: u64, reason: &str) -> Result<(), StoreError> {
    let reason: String = reason.chars().take(255).collect();
    let mut tx = pool.begin().await?;
    relay_lease::hold(&mut tx, epoch).await?;
    sqlx::query("UPDATE outbox_event SET parked_at = NOW(6), parked_reason = ? WHERE id = ?")
        .bind(reason)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Numbers written out as text: MySQL allows 65,535 placeholders, and parses digits faster.
fn push_ids(query: &mut QueryBuilder<'_, MySql>, ids: &[u64]) {
    let mut list = query.separated(",");
    for id in ids {
        list.push(id);
    }
}

fn outbox_row(found: &MySqlRow) -> Result<OutboxRow, StoreError> {
    Ok(OutboxRow {
        id: found.try_get(0)?,
        event_id: row::uuid(found, 1)?,
        aggregate_id: row::name(found, 2)?,
        schema_version: found.try_get(3)?,
        payload: found.try_get(4)?,
    })
}
