//! What the judge reads of one namespace. Rows are streamed, so memory stays bounded.

use futures::{Stream, StreamExt};
use sqlx::Row;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use uuid::Uuid;

use crate::{StoreError, connect, row};

/// A committed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    /// The command.
    pub command_id: Uuid,
    /// Its event.
    pub event_id: Uuid,
    /// Its aggregate.
    pub item_id: String,
    /// The event's position in the aggregate.
    pub sequence: u64,
    /// Time of acceptance, microseconds since the Unix epoch.
    pub accepted_at_us: i64,
}

/// An outbox row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxState {
    /// The event.
    pub event_id: Uuid,
    /// Its aggregate.
    pub item_id: String,
    /// The event's position in the aggregate.
    pub sequence: u64,
    /// Whether Kafka's acknowledgement was noted.
    pub settled: bool,
    /// Whether the row was set aside.
    pub parked: bool,
}

/// An effect, in the order of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    /// Position in the log.
    pub id: u64,
    /// The event applied.
    pub event_id: Uuid,
    /// Its aggregate.
    pub item_id: String,
    /// The event's position in the aggregate.
    pub sequence: u64,
    /// Added to the level.
    pub level_delta: i32,
    /// Added to what was spent.
    pub cost: u32,
}

/// A row of the read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModelRow {
    /// The item.
    pub item_id: String,
    /// Sequence of the newest event applied.
    pub version: u64,
    /// Sum of level changes.
    pub level: i64,
    /// Sum of costs.
    pub spent: u64,
}

/// A record that the consumer set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedRow {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Why.
    pub reason: String,
}

/// A connection to read `database` with; one stream at a time.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn open(
    options: &MySqlConnectOptions,
    database: &str,
) -> Result<MySqlConnection, StoreError> {
    connect::open_one(&options.clone().database(database)).await
}

/// All committed commands, in no particular order.
pub fn commands(
    connection: &mut MySqlConnection,
) -> impl Stream<Item = Result<CommandRow, StoreError>> + Send + '_ {
    const ALL: &str = "SELECT command_id, event_id, item_id, sequence, accepted_at_us FROM command";
    rows(connection, ALL, |found| {
        Ok(CommandRow {
            command_id: row::uuid(found, 0)?,
            event_id: row::uuid(found, 1)?,
            item_id: row::name(found, 2)?,
            sequence: found.try_get(3)?,
            accepted_at_us: found.try_get(4)?,
        })
    })
}

/// All outbox rows in order of insertion.
pub fn outbox(
    connection: &mut MySqlConnection,
) -> impl Stream<Item = Result<OutboxState, StoreError>> + Send + '_ {
    const ALL: &str = "SELECT event_id, aggregate_id, sequence, settled_at IS NOT NULL, \
         parked_at IS NOT NULL FROM outbox_event ORDER BY id";
    rows(connection, ALL, |found| {
        Ok(OutboxState {
            event_id: row::uuid(found, 0)?,
            item_id: row::name(found, 1)?,
            sequence: found.try_get(2)?,
            settled: found.try_get::<i64, _>(3)? != 0,
            parked: found.try_get::<i64, _>(4)? != 0,
        })
    })
}

/// All effects in the order of their ids. Ids are taken in commit order within one aggregate as
/// long as one consumer owns its partition.
pub fn effects(
    connection: &mut MySqlConnection,
) -> impl Stream<Item = Result<EffectRow, StoreError>> + Send + '_ {
    const ALL: &str = "SELECT id, event_id, aggregate_id, sequence, level_delta, cost \
         FROM effect_log ORDER BY id";
    rows(connection, ALL, |found| {
        Ok(EffectRow {
            id: found.try_get(0)?,
            event_id: row::uuid(found, 1)?,
            item_id: row::name(found, 2)?,
            sequence: found.try_get(3)?,
            level_delta: found.try_get(4)?,
            cost: found.try_get(5)?,
        })
    })
}

/// The whole read model, in no particular order.
pub fn read_model(
    connection: &mut MySqlConnection,
) -> impl Stream<Item = Result<ReadModelRow, StoreError>> + Send + '_ {
    const ALL: &str = "SELECT item_id, version, level, spent FROM read_model";
    rows(connection, ALL, |found| {
        Ok(ReadModelRow {
            item_id: row::name(found, 0)?,
            version: found.try_get(1)?,
            level: found.try_get(2)?,
            spent: found.try_get(3)?,
        })
    })
}

/// All records that the consumer set aside.
pub fn parked_records(
    connection: &mut MySqlConnection,
) -> impl Stream<Item = Result<ParkedRow, StoreError>> + Send + '_ {
    const ALL: &str = "SELECT partition_id, record_offset, reason FROM parked_event";
    rows(connection, ALL, |found| {
        Ok(ParkedRow {
            partition: found.try_get(0)?,
            offset: found.try_get(1)?,
            reason: found.try_get(2)?,
        })
    })
}

/// Outbox rows still to be published. Parked rows are not among them: see [`parked`].
///
/// # Errors
/// Why MySQL did not answer.
pub async fn backlog(connection: &mut MySqlConnection) -> Result<u64, StoreError> {
    const OPEN: &str =
        "SELECT COUNT(*) FROM outbox_event WHERE settled_at IS NULL AND parked_at IS NULL";
    count(connection, OPEN).await
}

/// Rows set aside, in the outbox and by the consumer.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn parked(connection: &mut MySqlConnection) -> Result<u64, StoreError> {
    const PARKED: &str = "SELECT (SELECT COUNT(*) FROM outbox_event WHERE settled_at IS NULL AND parked_at IS NOT NULL) \
         + (SELECT COUNT(*) FROM parked_event)";
    count(connection, PARKED).await
}

/// Effects applied so far.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn effect_count(connection: &mut MySqlConnection) -> Result<u64, StoreError> {
    count(connection, "SELECT COUNT(*) FROM effect_log").await
}

async fn count(
    connection: &mut MySqlConnection,
    statement: &'static str,
) -> Result<u64, StoreError> {
    let counted: i64 = sqlx::query_scalar(statement).fetch_one(connection).await?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

fn rows<'c, T: Send + 'c>(
    connection: &'c mut MySqlConnection,
    statement: &'static str,
    read: fn(&MySqlRow) -> Result<T, StoreError>,
) -> impl Stream<Item = Result<T, StoreError>> + Send + 'c {
    sqlx::query(statement)
        .fetch(connection)
        .map(move |found| read(&found?))
}
