//! Table `outbox_event`, as the relay reads and settles it.

use std::collections::HashSet;

use sqlx::mysql::{MySqlPool, MySqlRow};
use sqlx::{Executor, MySql, QueryBuilder, Row};
use uuid::Uuid;

use crate::relay_lease::{self, Lease};
use crate::{StoreError, row};

/// An event to be published.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Row id: order of insertion.
    pub id: u64,
    /// The event.
    pub event_id: Uuid,
    /// Aggregate, and key of the record.
    pub aggregate_id: String,
    /// Shard of the aggregate.
    pub shard: u8,
    /// Version of the schema the payload was written for.
    pub schema_version: u16,
    /// Avro datum.
    pub payload: Vec<u8>,
}

/// What to read of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The shard.
    pub shard: u8,
    /// Rows at most.
    pub most: usize,
    /// How many of its unsettled rows are in flight, and so will not be read again.
    pub in_flight: usize,
}

/// Unsettled rows of the `wanted` shards that are not in `in_flight`, oldest id first.
///
/// Every call looks at all unsettled ids of a shard from the oldest on, in one statement and so in
/// one consistent view: a row whose transaction commits late, with an id smaller than others seen
/// before, is found as soon as it is visible, and never after a later row of its aggregate.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn unsettled<S: std::hash::BuildHasher>(
    pool: &MySqlPool,
    wanted: &[Wanted],
    in_flight: &HashSet<u64, S>,
) -> Result<Vec<OutboxRow>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    // Each part is answered from the index `unsettled` alone.
    let mut query = QueryBuilder::<MySql>::new("");
    let mut parts = query.separated(" UNION ALL ");
    for part in wanted {
        parts.push(format_args!(
            "(SELECT shard, id FROM outbox_event WHERE settled_at IS NULL AND parked_at IS NULL \
             AND shard = {} ORDER BY id LIMIT {})",
            part.shard,
            part.most + part.in_flight
        ));
    }
    // Not prepared: each set of numbers would be another statement, and another round trip.
    let found = pool.fetch_all(sqlx::raw_sql(query.sql())).await?;
    let mut ids: Vec<u64> = Vec::new();
    for part in wanted {
        let of_shard = found.iter().filter_map(|r| match r.try_get(0) {
            Ok(shard) if part.shard == shard => Some(r.try_get::<u64, _>(1)),
            Ok::<u8, _>(_) => None,
            Err(error) => Some(Err(error)),
        });
        let fresh = of_shard.filter(|id| !id.as_ref().is_ok_and(|id| in_flight.contains(id)));
        for id in fresh.take(part.most) {
            ids.push(id?);
        }
    }
    rows(pool, &ids).await
}

async fn rows(pool: &MySqlPool, ids: &[u64]) -> Result<Vec<OutboxRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT id, event_id, aggregate_id, shard, schema_version, payload FROM outbox_event \
         WHERE id IN (",
    );
    push_ids(&mut query, ids);
    query.push(") ORDER BY id");
    let rows = pool.fetch_all(sqlx::raw_sql(query.sql())).await?;
    rows.iter().map(outbox_row).collect()
}

/// Rows of one shard that Kafka has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The lease they were published under.
    pub lease: Lease,
    /// Their ids, at least one.
    pub ids: Vec<u64>,
}

/// Marks `rows` as published, each shard provided its lease is still held; returns the leases that
/// are not, whose rows were left as they are.
///
/// # Errors
/// Why MySQL did not answer; then nothing is marked.
pub async fn settle(pool: &MySqlPool, rows: &[Acknowledged]) -> Result<Vec<Lease>, StoreError> {
    let leases: Vec<Lease> = rows.iter().map(|r| r.lease).collect();
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = pool.begin().await?;
    let held = relay_lease::hold(&mut tx, &leases).await?;
    let (settled, lost): (Vec<_>, Vec<_>) =
        rows.iter().partition(|r| held.contains(&r.lease.shard));
    if !settled.is_empty() {
        let mut query =
            QueryBuilder::<MySql>::new("UPDATE outbox_event SET settled_at = NOW(6) WHERE id IN (");
        let mut ids: Vec<u64> = settled.iter().flat_map(|r| &r.ids).copied().collect();
        ids.sort_unstable();
        push_ids(&mut query, &ids);
        query.push(")");
        tx.execute(sqlx::raw_sql(query.sql())).await?;
    }
    tx.commit().await?;
    Ok(lost.iter().map(|r| r.lease).collect())
}

/// Sets a row aside that can never be published, so that it is seen and blocks nothing. Returns
/// whether `lease` was still held; if not, nothing was changed.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn park(
    pool: &MySqlPool,
    lease: Lease,
    id: u64,
    reason: &str,
) -> Result<bool, StoreError> {
    let reason: String = reason.chars().take(255).collect();
    let mut tx = pool.begin().await?;
    if relay_lease::hold(&mut tx, &[lease]).await?.is_empty() {
        return Ok(false);
    }
    sqlx::query("UPDATE outbox_event SET parked_at = NOW(6), parked_reason = ? WHERE id = ?")
        .bind(reason)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// How many rows are parked.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn parked(pool: &MySqlPool) -> Result<u64, StoreError> {
    let parked: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM outbox_event WHERE settled_at IS NULL AND parked_at IS NOT NULL",
    )
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(parked).unwrap_or_default())
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
        shard: found.try_get(3)?,
        schema_version: found.try_get(4)?,
        payload: found.try_get(5)?,
    })
}
