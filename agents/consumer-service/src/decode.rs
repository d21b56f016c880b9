//! From record to effect; what cannot be understood is told apart from what cannot be looked up.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::{Envelope, MAX_LEVEL, Payload};
use rlab_contract::registry::{RegistryError, WriterSchema};
use rlab_contract::wire;
use rlab_store::effect::Effect;
use serde_json::json;

const LONGEST_ITEM_ID: usize = 64;
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The effect of the event in `value`.
///
/// Waits while the registry is away: a record must not be parked for that.
///
/// # Errors
/// Why the record can never be understood.
pub async fn effect(
    registry: &Registry,
    readiness: &Readiness,
    value: &[u8],
) -> Result<Effect, String> {
    let (schema_id, datum) = wire::split(value).map_err(|e| e.to_string())?;
    let ask = || registry.schema_by_id(schema_id);
    let schema = look_up(ask, readiness, LOOK_AGAIN_AFTER)
        .await
        .map_err(|e| e.to_string())?;
    let event = Envelope::decode(&schema, datum).map_err(|e| e.to_string())?;
    effect_of(event)
}

/// Asks until there is an answer. That the id is unknown is believed the second time only: a
/// registry that has just come back may answer before it has read all of its schemas.
async fn look_up<F, Fut>(
    ask: F,
    readiness: &Readiness,
    again_after: Duration,
) -> Result<Arc<WriterSchema>, RegistryError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Arc<WriterSchema>, RegistryError>>,
{
    let mut backoff = Backoff::default();
    let mut was_unknown = false;
    loop {
        let answer = ask().await;
        match answer {
            Err(RegistryError::UnknownId { .. }) if !was_unknown => {
                was_unknown = true;
                tokio::time::sleep(again_after).await;
            }
            Err(error) if !error.is_permanent() => {
                readiness.waits("registry", &error);
                backoff.wait().await;
            }
            answered => {
                readiness.answered("registry");
                return answered;
            }
        }
    }
}

fn effect_of(event: Envelope) -> Result<Effect, String> {
    let id = &event.aggregate_id;
    if id.is_empty() || id.len() > LONGEST_ITEM_ID || !id.is_ascii() {
        return Err("aggregate_id is not 1 to 64 ASCII characters".to_owned());
    }
    let Payload::ItemUpgraded(upgrade) = event.payload;
    if upgrade.level_delta.unsigned_abs() > MAX_LEVEL {
        return Err(format!(
            "level_delta {} is beyond {MAX_LEVEL}, the highest level",
            upgrade.level_delta
        ));
    }
    let summary = json!({
        "last_event_id": event.event_id,
        "last_outcome": upgrade.outcome.name(),
        "last_cost": upgrade.cost,
        "last_at_us": event.occurred_at_us,
    });
    Ok(Effect {
        event_id: event.event_id,
        item_id: event.aggregate_id,
        sequence: event.sequence,
        occurred_at_us: event.occurred_at_us,
        level_delta: upgrade.level_delta,
        cost: upgrade.cost,
        summary: summary.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_contract::envelope::{ItemUpgraded, Outcome, SCHEMA_JSON};
    use std::cell::Cell;
    use uuid::Uuid;

    fn event(item: &str) -> Envelope {
        Envelope {
            event_id: Uuid::from_u128(1),
            aggregate_id: item.to_owned(),
            sequence: 4,
            schema_version: 1,
            occurred_at_us: i64::MIN,
            trace_context: Default::default(),
            payload: Payload::ItemUpgraded(ItemUpgraded {
                command_id: Uuid::from_u128(2),
                outcome: Outcome::Destroy,
                cost: u32::MAX,
                level_delta: -9,
            }),
        }
    }

    #[test]
    fn an_effect_carries_the_changes_and_a_summary_within_a_kilobyte() {
        let effect = effect_of(event("a")).unwrap();
        assert_eq!((effect.level_delta, effect.cost), (-9, u32::MAX));
        assert_eq!(effect.sequence, 4);
        assert!(effect.summary.len() <= 1024, "{}", effect.summary.len());
        assert!(effect.summary.contains("\"destroy\""));
    }

    #[test]
    fn a_change_that_no_item_can_make_is_refused() {
        let change = |by: i32| {
            let mut event = event("a");
            let Payload::ItemUpgraded(upgrade) = &mut event.payload;
            upgrade.level_delta = by;
            effect_of(event)
        };
        let most = i32::try_from(MAX_LEVEL).unwrap();
        for by in [most, -most] {
            assert_eq!(change(by).unwrap().level_delta, by);
        }
        for by in [most + 1, -most - 1, i32::MAX, i32::MIN] {
            let reason = change(by).unwrap_err();
            assert!(reason.contains(&by.to_string()), "{reason}");
        }
    }

    /// Asks a registry that does not know the id for its first `unknown` answers.
    async fn asked(unknown: usize) -> (Result<Arc<WriterSchema>, RegistryError>, usize) {
        let asked = Cell::new(0);
        let ask = || {
            asked.set(asked.get() + 1);
            let known = asked.get() > unknown;
            async move {
                if known {
                    Ok(Arc::new(WriterSchema::parse(SCHEMA_JSON).unwrap()))
                } else {
                    Err(RegistryError::UnknownId { id: 7 })
                }
            }
        };
        let answer = look_up(ask, &Readiness::default(), Duration::ZERO).await;
        (answer, asked.get())
    }

    #[tokio::test]
    async fn an_unknown_id_is_asked_for_twice_before_it_is_believed() {
        assert!(matches!(asked(1).await, (Ok(_), 2)));
        let believed = asked(2).await;
        assert!(matches!(
            believed,
            (Err(RegistryError::UnknownId { id: 7 }), 2)
        ));
    }

    #[test]
    fn an_item_id_that_no_table_can_hold_is_refused() {
        for id in ["", "ä", &"x".repeat(65)] {
            assert!(effect_of(event(id)).is_err(), "{id}");
        }
    }
}
