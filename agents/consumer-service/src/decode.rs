//! From record to effect; what cannot be understood is told apart from what cannot be looked up.

use rlab_agent_kit::backoff::Backoff;
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::registry::Registry;
use rlab_contract::envelope::{Envelope, Payload};
use rlab_contract::registry::RegistryError;
use rlab_contract::wire;
use rlab_store::effect::Effect;
use serde_json::json;

const LONGEST_ITEM_ID: usize = 64;

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
    let mut backoff = Backoff::default();
    let schema = loop {
        match registry.schema_by_id(schema_id).await {
            Ok(schema) => break schema,
            Err(error) if error.is_permanent() => return Err(error.to_string()),
            Err(error) => wait(readiness, &mut backoff, &error).await,
        }
    };
    readiness.answered("registry");
    let event = Envelope::decode(&schema, datum).map_err(|e| e.to_string())?;
    effect_of(event)
}

async fn wait(readiness: &Readiness, backoff: &mut Backoff, error: &RegistryError) {
    readiness.waits("registry", error);
    backoff.wait().await;
}

fn effect_of(event: Envelope) -> Result<Effect, String> {
    let id = &event.aggregate_id;
    if id.is_empty() || id.len() > LONGEST_ITEM_ID || !id.is_ascii() {
        return Err("aggregate_id is not 1 to 64 ASCII characters".to_owned());
    }
    let Payload::ItemUpgraded(upgrade) = event.payload;
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
    use rlab_contract::envelope::{ItemUpgraded, Outcome};
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
    fn an_item_id_that_no_table_can_hold_is_refused() {
        for id in ["", "ä", &"x".repeat(65)] {
            assert!(effect_of(event(id)).is_err(), "{id}");
        }
    }
}
