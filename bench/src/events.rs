//! Events made for measuring.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use rlab_contract::envelope::{Envelope, ItemUpgraded, Outcome, Payload, SCHEMA_VERSION};
use rlab_contract::partition;
use rlab_store::relay_lease::SHARDS;
use rlab_store::synthetic::SyntheticEvent;
use uuid::Uuid;

use crate::tool::BenchError;

/// Aggregates that the events are spread over.
const ITEMS: u64 = 1_000;
/// Length of the trace state, so that an event is about as large as real ones are with their headers.
const TRACE_STATE_BYTES: usize = 300;

/// `count` events with fresh ids, each item's sequence going on from `first_sequence`.
pub fn make(count: u64, first_sequence: u64) -> Result<Vec<SyntheticEvent>, BenchError> {
    let trace = BTreeMap::from([("tracestate".to_owned(), "x".repeat(TRACE_STATE_BYTES))]);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_us = since.map_or(0, |t| i64::try_from(t.as_micros()).unwrap_or(i64::MAX));
    (0..count)
        .map(|n| {
            let event = Envelope {
                event_id: Uuid::now_v7(),
                aggregate_id: format!("bench-{}", n % ITEMS),
                sequence: first_sequence + n / ITEMS,
                schema_version: SCHEMA_VERSION,
                occurred_at_us: now_us,
                trace_context: trace.clone(),
                payload: Payload::ItemUpgraded(ItemUpgraded {
                    command_id: Uuid::now_v7(),
                    outcome: Outcome::Keep,
                    cost: 7,
                    level_delta: 0,
                }),
            };
            let key = event.aggregate_id.as_bytes();
            let shard = partition::of_key(key, SHARDS.into());
            Ok(SyntheticEvent {
                event_id: event.event_id,
                sequence: event.sequence,
                shard: u8::try_from(shard).unwrap_or_default(),
                schema_version: SCHEMA_VERSION,
                payload: event.encode().map_err(BenchError::of("an event"))?,
                aggregate_id: event.aggregate_id,
            })
        })
        .collect()
}
