//! Cache entries in Redis, under the namespace's prefix. Redis is a help, not a need: a failure counts
//! as a miss.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rlab_agent_kit::Agent;
use rlab_agent_kit::cache::{self, Entry};
use rlab_agent_kit::redis::Redis;
use serde::Deserialize;

use crate::document::Document;

/// Entries live between this part of the time set and its opposite beyond it.
const LEAST: f64 = 0.8;

/// How long entries live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ttl {
    /// Each a little shorter or longer, so that those made together do not expire together.
    #[default]
    Jittered,
    /// All the same. Wrong on purpose.
    Fixed,
}

/// The cache of one namespace.
pub struct Cache {
    redis: Redis,
    prefix: String,
    ttl: Duration,
    kind: Ttl,
    failures: Counter,
    outdated: Counter,
}

impl Cache {
    /// Counts into the metrics of `agent`.
    pub fn new(agent: &Agent, redis: Redis, ttl: Duration, kind: Ttl) -> Self {
        let metrics = &agent.metrics;
        Self {
            redis,
            prefix: agent.config.namespace.redis_prefix.clone(),
            ttl,
            kind,
            failures: metrics.counter("cache_failures", "Redis commands that failed"),
            outdated: metrics.counter("cache_outdated", "Entries not stored, being outdated"),
        }
    }

    /// The entry of `item`.
    pub async fn get(&self, item: &str, entry: Entry) -> Option<Document> {
        type Held = (Option<u64>, Option<String>, Option<Vec<u8>>);
        let command = cache::fetch(&self.prefix, item, entry);
        match self.redis.query::<Held>(&command).await {
            Ok((Some(version), Some(tag), Some(body))) => Some(Document { version, tag, body }),
            Ok(_) => None,
            Err(error) => {
                self.failures.inc();
                tracing::debug!(%error, "cache not read");
                None
            }
        }
    }

    /// Stores `document` unless it is outdated.
    pub async fn set(&self, item: &str, entry: Entry, document: &Document) {
        let said = (document.version, document.tag.as_str(), &document.body[..]);
        let ttl = self.kind.of(self.ttl, rand::random());
        let command = cache::store(&self.prefix, item, entry, said, ttl);
        match self.redis.query::<bool>(&command).await {
            Ok(true) => {}
            Ok(false) => {
                self.outdated.inc();
            }
            Err(error) => {
                self.failures.inc();
                tracing::debug!(%error, "cache not written");
            }
        }
    }
}

impl Ttl {
    /// `ttl` for one entry, by a draw from 0 to 1.
    fn of(self, ttl: Duration, draw: f64) -> Duration {
        match self {
            Self::Fixed => ttl,
            Self::Jittered => ttl.mul_f64(LEAST + 2.0 * (1.0 - LEAST) * draw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_spreads_evenly_around_the_time_set() {
        let ttl = Duration::from_secs(10);
        let at = |draw| Ttl::Jittered.of(ttl, draw).as_secs_f64();
        assert_eq!((at(0.0), at(0.5)), (8.0, 10.0));
        assert!((at(1.0) - 12.0).abs() < 1e-9);
        assert_eq!(Ttl::Fixed.of(ttl, 0.3), ttl);
    }
}
