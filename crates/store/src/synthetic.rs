//! Rows made for measuring, as many at once as MySQL takes.

use sqlx::mysql::MySqlConnection;
use sqlx::{MySql, QueryBuilder};
use uuid::Uuid;

use crate::StoreError;

/// An outbox row whose command never was.
#[derive(Debug, Clone)]
pub struct SyntheticEvent {
    /// The event.
    pub event_id: Uuid,
    /// Its aggregate.
    pub aggregate_id: String,
    /// Its position in the aggregate.
    pub sequence: u64,
    /// Shard of the aggregate.
    pub shard: u8,
    /// Version of the schema the payload was written for.
    pub schema_version: u16,
    /// Avro datum.
    pub payload: Vec<u8>,
}

/// Inserts `events`, at most 10,000 of them, into the outbox of the schema the connection is in.
///
/// # Errors
/// Why MySQL did not take them; then none is there.
pub async fn insert_outbox(
    connection: &mut MySqlConnection,
    events: &[SyntheticEvent],
) -> Result<(), StoreError> {
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO outbox_event \
         (event_id, aggregate_id, sequence, shard, schema_version, payload) ",
    );
    query.push_values(events, |mut row, event| {
        row.push_bind(event.event_id.as_bytes().as_slice())
            .push_bind(&event.aggregate_id)
            .push_bind(event.sequence)
            .push_bind(event.shard)
            .push_bind(event.schema_version)
            .push_bind(event.payload.as_slice());
    });
    query.build().persistent(false).execute(connection).await?;
    Ok(())
}
