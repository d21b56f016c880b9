//! The envelope keeps its meaning through Avro, and says what is wrong with bytes that have none.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rlab_contract::envelope::{
    Envelope, EnvelopeError, ItemUpgraded, Outcome, Payload, SCHEMA_JSON, SCHEMA_VERSION,
};
use rlab_contract::registry::WriterSchema;
use uuid::Uuid;

fn current() -> WriterSchema {
    WriterSchema::parse(SCHEMA_JSON).expect("own schema parses")
}

fn sample() -> Envelope {
    Envelope {
        event_id: Uuid::from_u128(7),
        aggregate_id: "item-1".into(),
        sequence: 3,
        schema_version: SCHEMA_VERSION,
        occurred_at_us: 1_700_000_000_000_001,
        trace_context: BTreeMap::from([("traceparent".into(), "00-ab-cd-01".into())]),
        payload: Payload::ItemUpgraded(ItemUpgraded {
            command_id: Uuid::from_u128(9),
            outcome: Outcome::Drop,
            cost: u32::MAX,
            level_delta: -1,
        }),
    }
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Keep),
        Just(Outcome::Drop),
        Just(Outcome::Destroy)
    ]
}

proptest! {
    #[test]
    fn an_envelope_is_read_back_as_it_was_written(
        event_id: u128, command_id: u128, aggregate_id in ".{1,64}",
        sequence in 1..=i64::MAX as u64, occurred_at_us: i64,
        trace_context in proptest::collection::btree_map("[a-z]{1,8}", ".{0,20}", 0..4),
        outcome in outcomes(), cost: u32, level_delta: i32,
    ) {
        let written = Envelope {
            event_id: Uuid::from_u128(event_id), aggregate_id, sequence,
            schema_version: SCHEMA_VERSION, occurred_at_us, trace_context,
            payload: Payload::ItemUpgraded(ItemUpgraded {
                command_id: Uuid::from_u128(command_id), outcome, cost, level_delta,
            }),
        };
        let datum = written.encode().unwrap();
        prop_assert_eq!(Envelope::decode(&current(), &datum).unwrap(), written);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Envelope::decode(&current(), &bytes) {
            prop_assert!(!read.encode().unwrap().is_empty());
        }
    }
}

#[test]
fn a_cut_off_datum_is_refused() {
    let datum = sample().encode().unwrap();
    for cut in 0..datum.len() {
        assert!(
            Envelope::decode(&current(), &datum[..cut]).is_err(),
            "accepted {cut} of {} bytes",
            datum.len()
        );
    }
}

#[test]
fn bytes_after_the_datum_are_refused() {
    let mut datum = sample().encode().unwrap();
    datum.push(0);
    let error = Envelope::decode(&current(), &datum).unwrap_err();
    assert!(
        matches!(error, EnvelopeError::Trailing { bytes: 1 }),
        "{error}"
    );
}

#[test]
fn a_writer_with_an_additional_field_is_understood() {
    let newer = SCHEMA_JSON.replacen(
        r#"{ "name": "aggregate_id", "type": "string" },"#,
        r#"{ "name": "aggregate_id", "type": "string" }, { "name": "region", "type": "string", "default": "" },"#,
        1,
    );
    assert_ne!(newer, SCHEMA_JSON);
    let mut datum = sample().encode().unwrap();
    // uuid string (1 + 36 bytes), then "item-1" (1 + 6 bytes): the added field comes after these.
    datum.splice(44..44, [4, b'e', b'u']);
    let read = Envelope::decode(&WriterSchema::parse(&newer).unwrap(), &datum).unwrap();
    assert_eq!(read, sample());
}
