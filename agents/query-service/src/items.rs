//! `GET /items/{id}` and `GET /items/{id}/summary`: from the cache, else from MySQL into the cache.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use rlab_agent_kit::Agent;
use rlab_agent_kit::cache::Entry;
use rlab_agent_kit::crash::CrashPoints;
use rlab_agent_kit::http::{problem, unavailable};
use rlab_store::read_model::{self, ItemView};
use rlab_store::{MySqlPool, StoreError};
use rlab_valuation::Rules;
use serde::Deserialize;

use crate::answer::{Source, found, unknown};
use crate::cache::Cache;
use crate::document::{self, Document};
use crate::flight::Flights;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ITEM_ID: usize = 64;

/// Who makes a document that several want.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flight {
    /// The first; the others wait for it.
    #[default]
    Single,
    /// Each for itself. Wrong on purpose.
    Many,
}

/// Item, version and rules: all that a document depends on.
type Key = (String, u64, String);

/// All that a request needs.
pub struct Service {
    pool: MySqlPool,
    cache: Cache,
    flight: Flight,
    flights: Flights<Key, Option<Document>>,
    crash: CrashPoints,
    hits: Counter,
    misses: Counter,
    computed: Counter,
    waited: Counter,
    seconds: Histogram,
}

impl Service {
    /// Counts into the metrics of `agent`.
    pub fn new(agent: &Agent, pool: MySqlPool, cache: Cache, flight: Flight) -> Self {
        let metrics = &agent.metrics;
        Self {
            pool,
            cache,
            flight,
            flights: Flights::default(),
            crash: agent.crash.clone(),
            hits: metrics.counter("cache_hits", "Reads answered from Redis"),
            misses: metrics.counter("cache_misses", "Reads answered from MySQL"),
            computed: metrics.counter("documents_computed", "Valuations computed"),
            waited: metrics.counter("documents_awaited", "Reads that waited for another's"),
            seconds: metrics.seconds("item_seconds", "Time from request to answer"),
        }
    }
}

/// Answers `GET /items/{id}`: the item with its valuation. The header `x-cache` tells `hit` or `miss`.
pub async fn get_document(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    service.answer(&headers, &id, Entry::Document).await
}

/// Answers `GET /items/{id}/summary`: the item without it.
pub async fn get_summary(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    service.answer(&headers, &id, Entry::Summary).await
}

impl Service {
    async fn answer(self: &Arc<Self>, headers: &HeaderMap, id: &str, entry: Entry) -> Response {
        if !may_exist(id) {
            return unknown();
        }
        let begun = Instant::now();
        let reading = tokio::time::timeout(ANSWER_WITHIN, self.read(id, entry));
        let answer = match reading.await {
            Ok(Ok(Some((document, source)))) => found(headers, document, source),
            Ok(Ok(None)) => unknown(),
            Ok(Err(error)) => failure(&error),
            Err(_) => unavailable("mysql gave no answer in time"),
        };
        self.seconds.observe(begun.elapsed().as_secs_f64());
        answer
    }

    async fn read(
        self: &Arc<Self>,
        id: &str,
        entry: Entry,
    ) -> Result<Option<(Document, Source)>, StoreError> {
        if let Some(document) = self.cache.get(id, entry).await {
            self.hits.inc();
            return Ok(Some((document, Source::Hit)));
        }
        self.misses.inc();
        let Some(view) = read_model::find(&self.pool, id).await? else {
            return Ok(None);
        };
        self.crash.pass("after_read", || id.to_owned()).await;
        let document = match entry {
            Entry::Summary => {
                let summary = document::summary(&view);
                self.cache.set(id, entry, &summary).await;
                summary
            }
            Entry::Document => self.document(view).await?,
        };
        self.crash.pass("after_store", || id.to_owned()).await;
        Ok(Some((document, Source::Miss)))
    }

    /// The document of this version of the item, made once for all who want it now.
    async fn document(self: &Arc<Self>, view: ItemView) -> Result<Document, StoreError> {
        let rules = Rules::of_item(&view.item_id);
        let key = (
            view.item_id.clone(),
            view.version,
            rules.fingerprint().to_owned(),
        );
        let making = Arc::clone(self).make(view, rules);
        let made = match self.flight {
            Flight::Many => making.await,
            Flight::Single => {
                let (made, waited) = self.flights.join(key, making).await;
                self.waited.inc_by(u64::from(waited));
                made.flatten()
            }
        };
        made.ok_or_else(|| StoreError::Row("the valuation failed".into()))
    }

    async fn make(self: Arc<Self>, view: ItemView, rules: Rules) -> Option<Document> {
        self.computed.inc();
        let item = view.item_id.clone();
        let computing = tokio::task::spawn_blocking(move || document::full(&view, &rules));
        let document = computing.await.ok()?;
        self.cache.set(&item, Entry::Document, &document).await;
        Some(document)
    }
}

fn may_exist(id: &str) -> bool {
    (1..=LONGEST_ITEM_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
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
        for id in ["", "a b", "ä", "a/b", "*", "a\0", "{a}", &"x".repeat(65)] {
            assert!(!may_exist(id), "{id}");
        }
    }
}
