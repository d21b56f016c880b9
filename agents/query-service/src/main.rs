//! Answers reads from the read model, through the cache.

mod answer;
mod cache;
mod document;
mod flight;
mod items;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rlab_agent_kit::drain::{DEADLINE, Drain};
use rlab_agent_kit::redis::Redis;
use rlab_agent_kit::server::Server;
use rlab_agent_kit::{Agent, RunError, http, mysql, settings};
use serde::Deserialize;

use crate::cache::{Cache, Ttl};
use crate::items::{Flight, Service};

const CONNECTIONS: u32 = 16;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// How long a cache entry lives. It bounds how stale an answer can be when an invalidation is
    /// lost.
    #[serde(default = "default_cache_ttl_ms")]
    cache_ttl_ms: std::num::NonZeroU32,
    #[serde(default)]
    ttl: Ttl,
    #[serde(default)]
    flight: Flight,
}

fn default_cache_ttl_ms() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::new(2000).unwrap_or(std::num::NonZeroU32::MIN)
}

fn main() -> ExitCode {
    rlab_agent_kit::run(run)
}

async fn run(agent: Agent) -> Result<(), RunError> {
    let settings: Settings = settings(&agent.config)?;
    let pool = mysql::pool(&agent, CONNECTIONS);
    let redis = Redis::new(Server::redis(&agent));
    let asked = redis.clone();
    agent.ready.ask_until_answered("redis", move || {
        let redis = asked.clone();
        async move { redis.ping().await }
    });
    let ttl = Duration::from_millis(u64::from(settings.cache_ttl_ms.get()));
    let cache = Cache::new(&agent, redis, ttl, settings.ttl);
    let service = Service::new(&agent, pool.clone(), cache, settings.flight);
    let routes = Router::new()
        .route("/items/{id}", get(items::get_document))
        .route("/items/{id}/summary", get(items::get_summary))
        .with_state(Arc::new(service));
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
