//! Applies events to the read model exactly once per event id.
//!
//! Records are taken in batches ([`intake`]), decoded or parked ([`decode`]), applied in one
//! transaction ([`apply`]), the cache told ([`invalidate`]), and only then are their
//! offsets committed.

mod apply;
mod decode;
mod intake;
mod invalidate;
mod work;

use std::process::ExitCode;

use axum::Router;
use rlab_agent_kit::drain::{DEADLINE, Drain};
use rlab_agent_kit::{Agent, RunError, http, mysql, settings};
use serde::Deserialize;

use crate::invalidate::Invalidate;
use crate::work::Worker;

const CONNECTIONS: u32 = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Records in one transaction at most, from 1 to 2000: each brings several placeholders, of
    /// which a statement may have 65,535.
    #[serde(default = "default_batch_size", deserialize_with = "batch_size")]
    batch_size: usize,
    #[serde(default)]
    dedup: Dedup,
    #[serde(default)]
    commit: Commit,
    #[serde(default)]
    invalidate: Invalidate,
}

/// What keeps an event that is delivered again from taking effect again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dedup {
    /// Its mark in `processed_event`, written with the effect.
    #[default]
    ProcessedEvent,
    /// Nothing. Wrong on purpose.
    None,
}

/// When the offsets of a batch are committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// After its effects.
    #[default]
    After,
    /// Before its effects. Wrong on purpose: a death in between loses them.
    Before,
}

fn default_batch_size() -> usize {
    500
}

fn batch_size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let size = usize::deserialize(deserializer)?;
    if (1..=2000).contains(&size) {
        Ok(size)
    } else {
        Err(serde::de::Error::custom(format!(
            "batch_size {size} is not within 1 to 2000"
        )))
    }
}

fn main() -> ExitCode {
    rlab_agent_kit::run(run)
}

async fn run(agent: Agent) -> Result<(), RunError> {
    let settings: Settings = settings(&agent.config)?;
    let pool = mysql::pool(&agent, CONNECTIONS);
    let server = http::serve(&agent, Router::new()).await?;
    let worker = Worker::new(&agent, pool.clone(), settings);
    let working = tokio::spawn(worker.run());

    agent.stop.cancelled().await;
    Drain::default()
        .then("last batch, offsets, group", async move {
            // An error would mean that the task panicked, and then it has ended as well.
            let _ = working.await;
        })
        .then("mysql", async move { pool.close().await })
        .then("http", server.close())
        .run(DEADLINE)
        .await?;
    Ok(())
}
