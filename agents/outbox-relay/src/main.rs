//! Moves committed outbox rows to Kafka, in order per aggregate.
//!
//! The outbox is cut into shards by aggregate, one for each partition of the topic. Relays share the
//! shards among them by lease ([`keeper`]). For each of its shards a relay reads unsettled rows,
//! keeps a producer's queue full ([`shard`], [`producer`], [`publish`]), and settles what Kafka
//! acknowledged ([`settle`]); [`relay`] is the loop that does it. When a record fails, its shard
//! drops the producer with all that is queued and starts again from the oldest unsettled row; other
//! shards go on.

mod counts;
mod keeper;
mod producer;
mod publish;
mod relay;
mod settle;
mod shard;

use std::process::ExitCode;

use axum::Router;
use rlab_agent_kit::drain::{DEADLINE, Drain};
use rlab_agent_kit::{Agent, RunError, http, mysql, settings};
use serde::Deserialize;

const CONNECTIONS: u32 = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

fn main() -> ExitCode {
    rlab_agent_kit::run(run)
}

async fn run(agent: Agent) -> Result<(), RunError> {
    let NoSettings {} = settings(&agent.config)?;
    let pool = mysql::pool(&agent, CONNECTIONS);
    let server = http::serve(&agent, Router::new()).await?;
    let relaying = tokio::spawn(relay::run(agent.clone(), pool.clone()));

    agent.stop.cancelled().await;
    Drain::default()
        .then("flush, settle, release the leases", async move {
            // An error would mean that the task panicked, and then it has ended as well.
            let _ = relaying.await;
        })
        .then("mysql", async move { pool.close().await })
        .then("http", server.close())
        .run(DEADLINE)
        .await?;
    Ok(())
}
