//! Moves committed outbox rows to Kafka, in order per aggregate.
//!
//! One relay is active, by lease; others stand by. The active one claims unsettled rows
//! ([`session`]), keeps the producer's queue full, and settles what Kafka acknowledged
//! ([`settle`]). When one record fails it drops the producer with all that is queued and starts
//! again from the oldest unsettled row.

mod lease;
mod producer;
mod relay;
mod session;
mod settle;

use std::process::ExitCode;

use axum::Router;
use rlab_agent_kit::drain::{DEADLINE, Drain};
use rlab_agent_kit::{Agent, RunError, http, mysql, settings};
use serde::Deserialize;

use crate::relay::Relay;

const CONNECTIONS: u32 = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Rows claimed at once, from 1 to 65535.
    #[serde(default = "default_batch_size")]
    batch_size: std::num::NonZeroU16,
}

fn default_batch_size() -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(1000).unwrap_or(std::num::NonZeroU16::MIN)
}

fn main() -> ExitCode {
    rlab_agent_kit::run(run)
}

async fn run(agent: Agent) -> Result<(), RunError> {
    let settings: Settings = settings(&agent.config)?;
    let pool = mysql::pool(&agent, CONNECTIONS);
    let server = http::serve(&agent, Router::new()).await?;
    let relay = Relay::new(&agent, pool.clone(), settings.batch_size.get().into());
    let relaying = tokio::spawn(relay.run());

    agent.stop.cancelled().await;
    Drain::default()
        .then("flush, settle, release the lease", async move {
            // An error would mean that the task panicked, and then it has ended as well.
            let _ = relaying.await;
        })
        .then("mysql", async move { pool.close().await })
        .then("http", server.close())
        .run(DEADLINE)
        .await?;
    Ok(())
}
