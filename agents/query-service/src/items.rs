//! `GET /items/{id}`: from the cache, else from MySQL into the cache.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use rlab_agent_kit::Agent;
use rlab_agent_kit::http::{problem, unavailable};
use rlab_store::read_model::{self, ItemView};
use rlab_store::{MySqlPool, StoreError};
use serde_json::json;

use crate::cache::Cache;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ITEM_ID: usize = 64;
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// All that a request needs.
pub struct Service {
    pool: MySqlPool,
    cache: Cache,
    hits: Counter,
    misses: Counter,
    cache_failures: Counter,
    seconds: Histogram,
}

impl Service {
    /// Counts into the metrics of `agent`.
    pub fn new(agent: &Agent, pool: MySqlPool, cache: Cache) -> Self {
        let metrics = &agent.metrics;
        Self {
            pool,
            cache,
            hits: metrics.counter("cache_hits", "Reads answered from Redis"),
            misses: metrics.counter("cache_misses", "Reads answered from MySQL"),
            cache_failures: metrics.counter("cache_failures", "Redis commands that failed"),
            seconds: metrics.seconds("item_seconds", "Time from request to answer"),
        }
    }
}

/// Answers `GET /items/{id}`. The header `x-cache` tells `hit` or `miss`.
pub async fn get_item(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Response {
    let begun = Instant::now();
    let answer = tokio::time::timeout(ANSWER_WITHIN, service.item(&id)).await;
    service.seconds.observe(begun.elapsed().as_secs_f64());
    answer.unwrap_or_else(|_| unavailable("mysql gave no answer in time"))
}

impl Service {
    async fn item(&self, id: &str) -> Response {
        if !may_exist(id) {
            return unknown();
        }
        if let Some(body) = self.cached(id).await {
            self.hits.inc();
            return found(body, "hit");
        }
        self.misses.inc();
        match read_model::find(&self.pool, id).await {
            Ok(Some(view)) => {
                let body = document(&view).into_bytes();
                self.keep(&view, &body).await;
                found(body, "miss")
            }
            Ok(None) => unknown(),
            Err(error) => failure(&error),
        }
    }

    /// Redis is a help, not a need: a failure counts as a miss.
    async fn cached(&self, id: &str) -> Option<Vec<u8>> {
        match self.cache.get(id).await {
            Ok(entry) => entry,
            Err(error) => {
                self.cache_failures.inc();
                tracing::debug!(%error, "cache not read");
                None
            }
        }
    }

    async fn keep(&self, view: &ItemView, body: &[u8]) {
        if let Err(error) = self.cache.set(&view.item_id, view.version, body).await {
            self.cache_failures.inc();
            tracing::debug!(%error, "cache not written");
        }
    }
}

fn may_exist(id: &str) -> bool {
    (1..=LONGEST_ITEM_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

fn document(view: &ItemView) -> String {
    // The summary is JSON already, checked by its column.
    let summary: serde_json::Value = serde_json::from_str(&view.summary).unwrap_or_default();
    json!({
        "item_id": view.item_id,
        "version": view.version,
        "level": view.level,
        "spent": view.spent,
        "summary": summary,
        "updated_at_us": view.updated_at_us,
    })
    .to_string()
}

fn found(body: Vec<u8>, cache: &'static str) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (X_CACHE, HeaderValue::from_static(cache)),
    ];
    (StatusCode::OK, headers, body).into_response()
}

fn unknown() -> Response {
    problem(StatusCode::NOT_FOUND, "unknown_item", "no such item")
}

fn failure(error: &StoreError) -> Response {
    if error.is_transient() {
        tracing::warn!(%error, "item not read");
        return unavailable("mysql unavailable");
    }
    tracing::error!(%error, "item not read");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the item could not be read",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_cannot_exist_reach_no_server() {
        assert!(may_exist("item-1.a_b:C"));
        for id in ["", "a b", "ä", "a/b", "*", &"x".repeat(65)] {
            assert!(!may_exist(id), "{id}");
        }
    }

    #[test]
    fn the_document_shows_the_version_that_the_cache_compares() {
        let view = ItemView {
            item_id: "a".into(),
            version: 7,
            level: -1,
            spent: u64::MAX,
            summary: r#"{"last_cost":1}"#.into(),
            updated_at_us: 5,
        };
        let value: serde_json::Value = serde_json::from_str(&document(&view)).unwrap();
        assert_eq!(value["version"], 7);
        assert_eq!(value["spent"], u64::MAX);
        assert_eq!(value["summary"]["last_cost"], 1);
    }
}
