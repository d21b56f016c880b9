//! Events of RDS and ElastiCache: waiting for one, which may never come.

use std::fmt;
use std::time::Duration;

use aws_sdk_elasticache::types::SourceType as CacheSource;
use aws_sdk_rds::types::SourceType as DatabaseSource;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::connected::Account;
use super::error::AccountError;
use super::moment;
use super::patience::Patience;

/// How long AWS keeps events.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How many events are told of a wait in vain.
const TOLD: usize = 10;

/// What has events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An instance of RDS.
    Database,
    /// A cluster of Aurora.
    DatabaseCluster,
    /// A node of ElastiCache.
    CacheCluster,
    /// A replication group of ElastiCache.
    ReplicationGroup,
    /// A serverless cache of ElastiCache.
    ServerlessCache,
}

/// An event that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// Whose kind.
    pub source: Source,
    /// Whose name.
    pub id: String,
    /// Not before then, on AWS's clock.
    pub after: Timestamp,
    /// What it is, for people.
    pub what: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Event {
    /// When, on AWS's clock.
    pub at: Timestamp,
    /// Name of what it happened to.
    pub source: String,
    /// AWS's words.
    pub message: String,
}

/// A wait in vain: whether it happened is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Waited {
    /// What was waited for.
    pub what: String,
    /// Of what.
    pub id: String,
    /// How long.
    pub waited: Duration,
    /// What was told meanwhile, oldest first.
    pub seen: Vec<Event>,
    /// Why the last question was not answered, if it was not.
    pub unanswered: Option<String>,
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, id) = (&self.what, &self.id);
        write!(f, "no {what} of {id} within {} s", self.waited.as_secs())?;
        match (&self.unanswered, self.seen.last()) {
            (Some(why), _) => write!(f, "; the last question failed: {why}"),
            (None, Some(event)) => write!(f, "; seen last: {} at {}", event.message, event.at),
            (None, None) => f.write_str("; nothing else was told of it"),
        }
    }
}

impl Account {
    /// Waits for the first event of `awaited` that `matches`.
    ///
    /// # Errors
    /// [`AccountError::Waited`] when it does not come within `limit`, with what came instead; when AWS
    /// refuses.
    pub async fn event(
        &self,
        awaited: &Awaited,
        matches: impl Fn(&Event) -> bool,
        limit: Duration,
    ) -> Result<Event, AccountError> {
        let patience = Patience::new(limit, self.bounds().pace);
        let mut seen = Vec::new();
        loop {
            let unanswered = match self.events(awaited).await {
                Ok(events) => {
                    if let Some(found) = events.iter().find(|event| matches(event)) {
                        return Ok(found.clone());
                    }
                    seen = events;
                    None
                }
                Err(error) if error.passes() => Some(error.to_string()),
                Err(error) => return Err(error),
            };
            if !patience.lasts().await {
                seen.drain(..seen.len().saturating_sub(TOLD));
                return Err(AccountError::Waited(Box::new(Waited {
                    what: awaited.what.clone(),
                    id: awaited.id.clone(),
                    waited: patience.waited(),
                    seen,
                    unanswered,
                })));
            }
        }
    }

    /// Events of what is awaited, oldest first.
    pub(super) async fn events(&self, awaited: &Awaited) -> Result<Vec<Event>, AccountError> {
        let now = Timestamp::now();
        let from = awaited.after.max(now - KEPT);
        let minutes = minutes(from, now);
        let from = moment::write(from);
        let mut events = match awaited.source {
            Source::Database | Source::DatabaseCluster => {
                let kind = match awaited.source {
                    Source::Database => DatabaseSource::DbInstance,
                    _ => DatabaseSource::DbCluster,
                };
                let ask = self.clients().rds.describe_events().source_type(kind);
                let ask = ask.source_identifier(&awaited.id).duration(minutes);
                let mut pages = ask.start_time(from).into_paginator().items().send();
                let mut events = Vec::new();
                while let Some(event) = pages.next().await {
                    let event = event.map_err(self.failed("RDS", "DescribeEvents"))?;
                    events.push(read(
                        event.date(),
                        event.source_identifier(),
                        event.message(),
                    ));
                }
                events
            }
            source => {
                let ask = self.clients().elasticache.describe_events();
                let ask = ask.source_type(cache_source(source));
                let ask = ask.source_identifier(&awaited.id).duration(minutes);
                let mut pages = ask.start_time(from).into_paginator().items().send();
                let mut events = Vec::new();
                while let Some(event) = pages.next().await {
                    let event = event.map_err(self.failed("ElastiCache", "DescribeEvents"))?;
                    events.push(read(
                        event.date(),
                        event.source_identifier(),
                        event.message(),
                    ));
                }
                events
            }
        };
        events.retain(|event| event.as_ref().is_some_and(|e| e.at >= awaited.after));
        let mut events: Vec<Event> = events.into_iter().flatten().collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }
}

/// From a moment until an hour after now, for AWS's clock may be ahead; as many as AWS takes.
fn minutes(from: Timestamp, now: Timestamp) -> i32 {
    let most = KEPT.as_secs() / 60;
    let minutes = (now.as_second() - from.as_second()) / 60 + 60;
    i32::try_from(minutes.clamp(1, most)).unwrap_or(i32::MAX)
}

fn cache_source(source: Source) -> CacheSource {
    match source {
        Source::CacheCluster => CacheSource::CacheCluster,
        Source::ServerlessCache => CacheSource::ServerlessCache,
        _ => CacheSource::ReplicationGroup,
    }
}

fn read(
    at: Option<&aws_smithy_types::DateTime>,
    source: Option<&str>,
    message: Option<&str>,
) -> Option<Event> {
    Some(Event {
        at: at.and_then(moment::read)?,
        source: source.unwrap_or_default().to_owned(),
        message: message?.to_owned(),
    })
}
