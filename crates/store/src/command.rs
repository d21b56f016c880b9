//! Tables `item`, `command` and the insert into `outbox_event`: accepting a command.

use sqlx::mysql::{MySqlConnection, MySqlPool};
use sqlx::{Executor, Row};
use uuid::Uuid;

use crate::begun::Begun;
use crate::literal::{bytes, text};
use crate::{StoreError, row};

const ATTEMPTS: u32 = 3;

/// A command as it arrived, with the identity its event will have.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Chosen by the client; repeats carry the same one.
    pub command_id: Uuid,
    /// Aggregate it is for; ASCII, at most 64 bytes.
    pub item_id: String,
    /// Outbox shard of the aggregate.
    pub shard: u8,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// Identity of the event.
    pub event_id: Uuid,
    /// Time of acceptance, microseconds since the Unix epoch.
    pub accepted_at_us: i64,
}

/// The locked aggregate, as the command finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// Sequence the new event gets.
    pub next_sequence: u64,
    /// Level before the command.
    pub level: u32,
}

/// What the command does to the aggregate.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Level after the command.
    pub level: u32,
    /// Added to what the item has cost so far.
    pub cost: u32,
    /// Avro datum of the event.
    pub payload: Vec<u8>,
    /// Version of the schema the payload was written for.
    pub schema_version: u16,
}

/// What was committed for a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The command.
    pub command_id: Uuid,
    /// Its event.
    pub event_id: Uuid,
    /// The aggregate.
    pub item_id: String,
    /// The event's position in the aggregate.
    pub sequence: u64,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Committed now; `payload` is the event's Avro datum.
    New {
        /// What was committed.
        receipt: Receipt,
        /// Avro datum of the event.
        payload: Vec<u8>,
    },
    /// Committed before, by the same request.
    Repeat(Receipt),
    /// The command id belongs to another request.
    Reused,
}

/// Accepts `command` in one transaction. `decide` sees the locked aggregate and makes the event;
/// it may be called again when MySQL asks for another attempt. With `outbox` the event is written
/// to the outbox, last of all.
///
/// # Errors
/// [`StoreError::Unavailable`] may come after the commit: then only a repeat tells the outcome.
pub async fn accept<D>(
    pool: &MySqlPool,
    command: &NewCommand,
    outbox: bool,
    decide: D,
) -> Result<Accepted, StoreError>
where
    D: Fn(Current) -> Result<Decision, String>,
{
    let mut attempt = 1;
    loop {
        match try_accept(pool, command, outbox, &decide).await {
            Err(StoreError::DuplicateKey(_)) => return repeat_of(pool, command).await,
            Err(StoreError::Contended(_)) if attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

/// Two round trips, and the second commits: on a small machine it is the round trips that cost.
async fn try_accept<D>(
    pool: &MySqlPool,
    command: &NewCommand,
    outbox: bool,
    decide: &D,
) -> Result<Accepted, StoreError>
where
    D: Fn(Current) -> Result<Decision, String>,
{
    let mut tx = Begun::on(pool.acquire().await?);
    let outcome = in_transaction(tx.connection(), command, outbox, decide).await;
    if outcome.is_err() {
        tx.roll_back().await?;
    }
    tx.give_back();
    outcome
}

async fn in_transaction<D>(
    tx: &mut MySqlConnection,
    command: &NewCommand,
    outbox: bool,
    decide: &D,
) -> Result<Accepted, StoreError>
where
    D: Fn(Current) -> Result<Decision, String>,
{
    let current = begin_and_lock(tx, &command.item_id).await?;
    let decision = decide(current).map_err(StoreError::Row)?;
    let receipt = Receipt {
        command_id: command.command_id,
        event_id: command.event_id,
        item_id: command.item_id.clone(),
        sequence: current.next_sequence,
    };
    let mut statements = vec![
        update_item(&receipt, &decision),
        insert_command(command, &receipt),
    ];
    if outbox {
        statements.push(insert_outbox(command.shard, &receipt, &decision));
    }
    statements.push("COMMIT".to_owned());
    tx.execute(sqlx::raw_sql(&statements.join(";"))).await?;
    Ok(Accepted::New {
        receipt,
        payload: decision.payload,
    })
}

/// Locks the aggregate before anything else is written: whoever commits second also inserts its
/// outbox row second, so ids follow sequences within one aggregate, and no two commands deadlock.
async fn begin_and_lock(tx: &mut MySqlConnection, item_id: &str) -> Result<Current, StoreError> {
    let id = text(item_id);
    let lock = format!("SELECT sequence, level FROM item WHERE id = {id} FOR UPDATE");
    let begin = format!("BEGIN;{lock}");
    let mut row = tx.fetch_optional(sqlx::raw_sql(&begin)).await?;
    if row.is_none() {
        // A missing row cannot be locked. Insert it; whoever comes second waits for the first's
        // commit on the duplicate key, and then holds the row lock too.
        let insert = format!(
            "INSERT INTO item (id, sequence, level, spent) VALUES ({id}, 0, 0, 0) \
             ON DUPLICATE KEY UPDATE id = id"
        );
        let both = format!("{insert};{lock}");
        row = tx.fetch_optional(sqlx::raw_sql(&both)).await?;
    }
    let row = row.ok_or_else(|| StoreError::Row("item row vanished under its lock".into()))?;
    let sequence: u64 = row.try_get(0)?;
    Ok(Current {
        next_sequence: sequence + 1,
        level: row.try_get(1)?,
    })
}

fn update_item(receipt: &Receipt, decision: &Decision) -> String {
    format!(
        "UPDATE item SET sequence = {}, level = {}, spent = spent + {} WHERE id = {}",
        receipt.sequence,
        decision.level,
        decision.cost,
        text(&receipt.item_id)
    )
}

fn insert_command(command: &NewCommand, receipt: &Receipt) -> String {
    format!(
        "INSERT INTO command \
         (command_id, item_id, sequence, event_id, fingerprint, accepted_at_us) \
         VALUES ({}, {}, {}, {}, {}, {})",
        bytes(command.command_id.as_bytes()),
        text(&command.item_id),
        receipt.sequence,
        bytes(command.event_id.as_bytes()),
        bytes(&command.fingerprint),
        command.accepted_at_us
    )
}

fn insert_outbox(shard: u8, receipt: &Receipt, decision: &Decision) -> String {
    format!(
        "INSERT INTO outbox_event \
         (event_id, aggregate_id, sequence, shard, schema_version, payload) \
         VALUES ({}, {}, {}, {shard}, {}, {})",
        bytes(receipt.event_id.as_bytes()),
        text(&receipt.item_id),
        receipt.sequence,
        decision.schema_version,
        bytes(&decision.payload)
    )
}

/// Repeats are rare, so they are found by the duplicate key and looked up only then.
async fn repeat_of(pool: &MySqlPool, command: &NewCommand) -> Result<Accepted, StoreError> {
    let found = sqlx::query(
        "SELECT item_id, sequence, event_id, fingerprint FROM command WHERE command_id = ?",
    )
    .bind(command.command_id.as_bytes().as_slice())
    .fetch_one(pool)
    .await?;
    let fingerprint: Vec<u8> = found.try_get(3)?;
    if fingerprint != command.fingerprint {
        return Ok(Accepted::Reused);
    }
    Ok(Accepted::Repeat(Receipt {
        command_id: command.command_id,
        item_id: row::name(&found, 0)?,
        sequence: found.try_get(1)?,
        event_id: row::uuid(&found, 2)?,
    }))
}
