//! `POST /commands`: one transaction, and the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use rlab_agent_kit::Agent;
use rlab_agent_kit::crash::CrashPoints;
use rlab_agent_kit::http::{json, problem, unavailable};
use rlab_contract::envelope::{Envelope, ItemUpgraded, Payload, SCHEMA_VERSION};
use rlab_contract::partition;
use rlab_store::command::{self, Accepted, Current, Decision, NewCommand, Receipt};
use rlab_store::relay_lease::SHARDS;
use rlab_store::{MySqlPool, StoreError};
use serde_json::json;
use uuid::Uuid;

use crate::domain::{level_after, level_delta};
use crate::publish::DirectPublisher;
use crate::request::Command;

/// A client is told "unavailable" after this long; the command may still be committed.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
const LONGEST_TRACE_HEADER: usize = 512;

/// All that a request needs.
pub struct Service {
    pool: MySqlPool,
    direct: Option<DirectPublisher>,
    crash: CrashPoints,
    accepted: Counter,
    repeated: Counter,
    refused: Counter,
    unavailable: Counter,
    seconds: Histogram,
}

impl Service {
    /// Counts into the metrics of `agent`. Without `direct`, events go through the outbox.
    pub fn new(agent: &Agent, pool: MySqlPool, direct: Option<DirectPublisher>) -> Self {
        let metrics = &agent.metrics;
        Self {
            pool,
            direct,
            crash: agent.crash.clone(),
            accepted: metrics.counter("commands_accepted", "Commands committed"),
            repeated: metrics.counter("commands_repeated", "Repeats of committed commands"),
            refused: metrics.counter("commands_refused", "Malformed or conflicting commands"),
            unavailable: metrics.counter("commands_unavailable", "Commands answered 503"),
            seconds: metrics.seconds("command_seconds", "Time from request to answer"),
        }
    }
}

/// Answers `POST /commands`.
pub async fn post_command(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let begun = Instant::now();
    let answer = match Command::parse(&body) {
        Ok(command) => {
            let trace = trace_context(&headers);
            let work = service.accept(&command, trace);
            match tokio::time::timeout(ANSWER_WITHIN, work).await {
                Ok(answer) => answer,
                Err(_) => unavailable("no outcome in time; repeat with the same command_id"),
            }
        }
        Err(problems) => json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "malformed_command", "problems": problems }),
        ),
    };
    service.count(answer.status());
    service.seconds.observe(begun.elapsed().as_secs_f64());
    answer
}

impl Service {
    async fn accept(&self, command: &Command, trace: BTreeMap<String, String>) -> Response {
        let new = NewCommand {
            command_id: command.command_id,
            item_id: command.item_id.clone(),
            shard: shard_of(&command.item_id),
            fingerprint: command.fingerprint(),
            event_id: Uuid::now_v7(),
            accepted_at_us: now_us(),
        };
        let decide = |current: Current| decide(command, &new, &trace, current);
        let outbox = self.direct.is_none();
        let id = || command.command_id.to_string();
        self.crash.pass("before_commit", id).await;
        match command::accept(&self.pool, &new, outbox, decide).await {
            Ok(Accepted::New { receipt, payload }) => self.committed(&receipt, &payload).await,
            Ok(Accepted::Repeat(receipt)) => answer(StatusCode::OK, &receipt),
            Ok(Accepted::Reused) => problem(
                StatusCode::CONFLICT,
                "command_id_reused",
                "this command_id was accepted with another body",
            ),
            Err(error) => failure(&error),
        }
    }

    /// Between the commit and whatever follows lies the moment in which drills kill the service.
    async fn committed(&self, receipt: &Receipt, payload: &[u8]) -> Response {
        self.crash
            .pass("after_commit", || receipt.command_id.to_string())
            .await;
        if let Some(direct) = &self.direct
            && let Err(error) = direct.publish(&receipt.item_id, payload).await
        {
            tracing::warn!(event_id = %receipt.event_id, error, "committed but not published");
            return unavailable("event not published");
        }
        self.crash
            .pass("before_answer", || receipt.command_id.to_string())
            .await;
        answer(StatusCode::CREATED, receipt)
    }

    fn count(&self, status: StatusCode) {
        match status {
            StatusCode::CREATED => self.accepted.inc(),
            StatusCode::OK => self.repeated.inc(),
            StatusCode::SERVICE_UNAVAILABLE => self.unavailable.inc(),
            _ => self.refused.inc(),
        };
    }
}

fn decide(
    command: &Command,
    new: &NewCommand,
    trace: &BTreeMap<String, String>,
    current: Current,
) -> Result<Decision, String> {
    let level = level_after(current.level, command.outcome);
    let event = Envelope {
        event_id: new.event_id,
        aggregate_id: new.item_id.clone(),
        sequence: current.next_sequence,
        schema_version: SCHEMA_VERSION,
        occurred_at_us: new.accepted_at_us,
        trace_context: trace.clone(),
        payload: Payload::ItemUpgraded(ItemUpgraded {
            command_id: command.command_id,
            outcome: command.outcome,
            cost: command.cost,
            level_delta: level_delta(current.level, level),
        }),
    };
    Ok(Decision {
        level,
        cost: command.cost,
        payload: event.encode().map_err(|e| e.to_string())?,
        schema_version: SCHEMA_VERSION,
    })
}

fn answer(status: StatusCode, receipt: &Receipt) -> Response {
    json(
        status,
        &json!({
            "command_id": receipt.command_id,
            "event_id": receipt.event_id,
            "item_id": receipt.item_id,
            "sequence": receipt.sequence,
        }),
    )
}

fn failure(error: &StoreError) -> Response {
    if error.is_transient() {
        tracing::warn!(%error, "command not accepted");
        return unavailable("mysql unavailable; repeat with the same command_id");
    }
    tracing::error!(%error, "command failed");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the command could not be stored",
    )
}

/// The W3C headers of the request, as far as they are sane.
fn trace_context(headers: &HeaderMap) -> BTreeMap<String, String> {
    ["traceparent", "tracestate"]
        .into_iter()
        .filter_map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            (value.len() <= LONGEST_TRACE_HEADER).then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Rows of one shard go to one partition.
fn shard_of(item_id: &str) -> u8 {
    let shard = partition::of_key(item_id.as_bytes(), SHARDS.into());
    u8::try_from(shard).unwrap_or_default()
}

fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
