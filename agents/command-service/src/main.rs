//! Accepts commands over HTTP and makes them durable in one MySQL transaction.

mod accept;
mod domain;
mod publish;
mod request;

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use rlab_agent_kit::drain::{DEADLINE, Drain};
use rlab_agent_kit::{Agent, RunError, http, mysql, settings};
use serde::Deserialize;

use crate::accept::Service;
use crate::publish::DirectPublisher;

const CONNECTIONS: u32 = 32;
const LARGEST_BODY_BYTES: usize = 16 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    publish: Publish,
}

/// How events leave the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Publish {
    /// With the transaction, through the outbox.
    #[default]
    Outbox,
    /// After the commit, straight to Kafka. Wrong on purpose: a death in between loses the event.
    Direct,
}

fn main() -> ExitCode {
    rlab_agent_kit::run(run)
}

async fn run(agent: Agent) -> Result<(), RunError> {
    let settings: Settings = settings(&agent.config)?;
    let pool = mysql::pool(&agent, CONNECTIONS);
    let direct = match settings.publish {
        Publish::Outbox => None,
        Publish::Direct => Some(DirectPublisher::start(&agent)),
    };
    let service = Arc::new(Service::new(&agent, pool.clone(), direct));
    let routes = Router::new()
        .route("/commands", post(accept::post_command))
        .with_state(service)
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES));
    let server = http::serve(&agent, routes).await?;

    agent.stop.cancelled().await;
    Drain::default()
        .then("requests", server.requests_answered())
        .then("mysql", async move { pool.close().await })
        .then("http", server.close())
        .run(DEADLINE)
        .await?;
    Ok(())
}
