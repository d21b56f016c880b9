//! Takes the snapshot that the ledger judges: what MySQL, the topic, Redis and the read side hold after
//! a run.

mod numbers;
mod sweep;
mod topic;

use std::path::Path;

use futures::{Stream, StreamExt};
use rlab_contract::agent_config::Namespace;
use rlab_evidence::JsonlWriter;
use rlab_lab::servers::{Site, connect_mysql};
use rlab_ledger::{Fact, OutboxState};
use rlab_store::{MySqlConnection, StoreError, snapshot};

use crate::error::DrillError;

pub(crate) use numbers::Keys;
pub(crate) use sweep::Sweep;

/// What is asked for besides what every run leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct What<'a> {
    /// Read every item through query-service.
    pub sweep: Option<Sweep>,
    /// Keys that numbers were written to.
    pub numbers: &'a [Keys],
}

/// Writes every fact about `namespace` to the file at `path`; returns how many there are.
pub(crate) async fn snapshot(
    site: &Site,
    namespace: &Namespace,
    path: &Path,
    what: What<'_>,
) -> Result<u64, DrillError> {
    let mut facts = JsonlWriter::create(path)?;
    let mut connection = mysql(site, namespace).await?;
    from_mysql(&mut connection, &mut facts).await?;
    numbers::read(site, what.numbers, &mut facts).await?;
    if let Some(sweep) = what.sweep {
        sweep.run(site, &mut connection, &mut facts).await?;
    }
    let (site, namespace) = (site.clone(), namespace.clone());
    let scanning = tokio::task::spawn_blocking(move || {
        topic::scan(&site, &namespace, &mut facts)?;
        Ok(facts.finish()?)
    });
    scanning.await.map_err(|e| failed("the topic", e))?
}

fn failed(what: &'static str, why: impl ToString) -> DrillError {
    DrillError::Measure {
        what,
        why: why.to_string(),
    }
}

async fn mysql(site: &Site, namespace: &Namespace) -> Result<MySqlConnection, DrillError> {
    let address = site.address("mysql").map_err(|e| failed("MySQL", e))?;
    connect_mysql(site, address, Some(&namespace.database))
        .await
        .map_err(|e| failed("MySQL", e))
}

async fn from_mysql(
    connection: &mut MySqlConnection,
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    let commands = snapshot::commands(connection).map(|row| {
        row.map(|c| Fact::Committed {
            command_id: c.command_id,
            event_id: c.event_id,
            item_id: c.item_id,
            sequence: c.sequence,
        })
    });
    write_all(commands, facts).await?;
    let outbox = snapshot::outbox(connection).map(|row| {
        row.map(|o| Fact::Outbox {
            event_id: o.event_id,
            item_id: o.item_id,
            sequence: o.sequence,
            state: match (o.settled, o.parked) {
                (true, _) => OutboxState::Settled,
                (false, true) => OutboxState::Parked,
                (false, false) => OutboxState::Pending,
            },
        })
    });
    write_all(outbox, facts).await?;
    let effects = snapshot::effects(connection).map(|row| {
        row.map(|e| Fact::Effect {
            position: e.id,
            event_id: e.event_id,
            item_id: e.item_id,
            sequence: e.sequence,
            level_delta: e.level_delta,
            cost: e.cost,
        })
    });
    write_all(effects, facts).await?;
    let read_model = snapshot::read_model(connection).map(|row| {
        row.map(|r| Fact::ReadModel {
            item_id: r.item_id,
            version: r.version,
            level: r.level,
            spent: r.spent,
        })
    });
    write_all(read_model, facts).await?;
    let parked = snapshot::parked_records(connection).map(|row| {
        row.map(|p| Fact::ParkedRecord {
            partition: p.partition,
            offset: p.offset,
            reason: p.reason,
        })
    });
    write_all(parked, facts).await
}

async fn write_all(
    rows: impl Stream<Item = Result<Fact, StoreError>>,
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        facts.write(&row.map_err(|e| failed("MySQL", e))?)?;
    }
    Ok(())
}
