//! Table `relay_lease`: which relay may publish which shard. All times are MySQL's.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlPool, MySqlRow};
use sqlx::{Executor, MySql, QueryBuilder, Row};

use crate::StoreError;
use crate::relay::micros;

/// Number of shards, which migrations make the rows for. As many as an event topic has partitions,
/// so that one partition in trouble holds up one shard only.
pub const SHARDS: u8 = 6;

/// The right to publish a shard, until it is lost or runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    /// The shard, from 0 to [`SHARDS`] - 1.
    pub shard: u8,
    /// Grows with each change of hands.
    pub epoch: u64,
}

/// Takes up to `most` leases for `ttl` that nobody holds. With `resume`, those in `holder`'s own name
/// are taken over at once: its process has died.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn acquire(
    pool: &MySqlPool,
    holder: &str,
    resume: bool,
    most: u8,
    ttl: Duration,
) -> Result<Vec<Lease>, StoreError> {
    let mut tx = pool.begin().await?;
    // A lease that is just being renewed, taken or settled under is in other hands: no need to wait.
    let free: Vec<u8> = sqlx::query_scalar(
        "SELECT shard FROM relay_lease WHERE expires_at <= NOW(6) OR (? AND holder = ?) \
         ORDER BY shard LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(resume)
    .bind(holder)
    .bind(most)
    .fetch_all(&mut *tx)
    .await?;
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<MySql>::new("UPDATE relay_lease SET holder = ");
    query.push_bind(holder);
    query.push(", epoch = epoch + 1, expires_at = NOW(6) + INTERVAL ");
    query.push_bind(micros(ttl));
    query.push(" MICROSECOND WHERE shard IN (");
    push_shards(&mut query, free.iter().copied());
    query.push(")");
    query.build().persistent(false).execute(&mut *tx).await?;
    let taken = epochs(&mut tx, &free, "").await?;
    tx.commit().await?;
    Ok(taken)
}

/// Prolongs `leases` by `ttl` from now; returns those that are still held.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn renew(
    pool: &MySqlPool,
    leases: &[Lease],
    ttl: Duration,
) -> Result<Vec<Lease>, StoreError> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = pool.begin().await?;
    let shards: Vec<u8> = leases.iter().map(|l| l.shard).collect();
    let mut current = epochs(&mut tx, &shards, " FOR UPDATE").await?;
    current.retain(|lease| leases.contains(lease));
    if !current.is_empty() {
        let mut query =
            QueryBuilder::<MySql>::new("UPDATE relay_lease SET expires_at = NOW(6) + INTERVAL ");
        query.push_bind(micros(ttl));
        query.push(" MICROSECOND WHERE shard IN (");
        push_shards(&mut query, current.iter().map(|l| l.shard));
        query.push(")");
        query.build().persistent(false).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(current)
}

/// Ends `lease` so that a successor need not wait; nothing happens if it is over.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn release(pool: &MySqlPool, lease: Lease) -> Result<(), StoreError> {
    sqlx::query("UPDATE relay_lease SET expires_at = NOW(6) WHERE shard = ? AND epoch = ?")
        .bind(lease.shard)
        .bind(lease.epoch)
        .execute(pool)
        .await?;
    Ok(())
}

/// Keeps others from taking the shards of `leases` until the transaction ends; returns the shards
/// whose lease is held. A shared lock is enough: taking and renewing need an exclusive one.
pub(crate) async fn hold(
    tx: &mut MySqlConnection,
    leases: &[Lease],
) -> Result<BTreeSet<u8>, StoreError> {
    let shards: Vec<u8> = leases.iter().map(|l| l.shard).collect();
    let current = epochs(tx, &shards, " FOR SHARE").await?;
    let held = leases.iter().filter(|lease| current.contains(lease));
    Ok(held.map(|lease| lease.shard).collect())
}

async fn epochs(
    tx: &mut MySqlConnection,
    shards: &[u8],
    lock: &str,
) -> Result<Vec<Lease>, StoreError> {
    let mut query =
        QueryBuilder::<MySql>::new("SELECT shard, epoch FROM relay_lease WHERE shard IN (");
    push_shards(&mut query, shards.iter().copied());
    query.push(") ORDER BY shard").push(lock);
    let rows = tx.fetch_all(sqlx::raw_sql(query.sql())).await?;
    rows.iter().map(lease).collect()
}

fn lease(found: &MySqlRow) -> Result<Lease, StoreError> {
    Ok(Lease {
        shard: found.try_get(0)?,
        epoch: found.try_get(1)?,
    })
}

fn push_shards(query: &mut QueryBuilder<'_, MySql>, shards: impl Iterator<Item = u8>) {
    let mut list = query.separated(",");
    for shard in shards {
        list.push(shard);
    }
}
