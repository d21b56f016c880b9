//! The event envelope as Rust values, and its way to and from Avro.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::registry::WriterSchema;

/// The Avro schema written by this version, as registered.
pub const SCHEMA_JSON: &str = include_str!("../../../contracts/avro/event_envelope.avsc");
/// Version of [`SCHEMA_JSON`], carried in each envelope and each outbox row.
pub const SCHEMA_VERSION: u16 = 1;
/// Highest level of an item, and so the largest change by one event.
pub const MAX_LEVEL: u32 = 1_000_000_000;
/// `event_type` of [`Payload::ItemUpgraded`].
pub const ITEM_UPGRADED: &str = "item_upgraded";

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse_str(SCHEMA_JSON).expect("the envelope schema is valid Avro"));

/// One domain event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Identity of the event, the same on every redelivery.
    pub event_id: Uuid,
    /// Aggregate the event belongs to; key of the Kafka record.
    pub aggregate_id: String,
    /// Position within the aggregate, from 1, without gaps.
    pub sequence: u64,
    /// Version of the schema the event was written for.
    pub schema_version: u16,
    /// When it happened, microseconds since the Unix epoch.
    pub occurred_at_us: i64,
    /// W3C trace context of the request.
    pub trace_context: BTreeMap<String, String>,
    /// What happened.
    pub payload: Payload,
}

/// What happened, one variant per event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// An upgrade was tried on an item.
    ItemUpgraded(ItemUpgraded),
}

/// An upgrade was tried on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemUpgraded {
    /// The command that asked for it.
    pub command_id: Uuid,
    /// How it ended.
    pub outcome: Outcome,
    /// What it cost.
    pub cost: u32,
    /// Added to the item's level.
    pub level_delta: i32,
}

/// How an upgrade ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// One level up.
    Success,
    /// No change.
    Keep,
    /// One level down.
    Drop,
    /// Back to level zero.
    Destroy,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Success, Self::Keep, Self::Drop, Self::Destroy];

    /// Name as written in Avro and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Destroy => "destroy",
        }
    }

    /// The outcome called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// Why an envelope could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Avro refused.
    #[error("avro: {0}")]
    Avro(#[from] Box<apache_avro::Error>),
    /// Avro was fine but a field holds what this version cannot mean.
    #[error("field `{field}` {problem}")]
    Field {
        /// Field of the envelope or payload.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Bytes follow the datum.
    #[error("{bytes} bytes follow the datum")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

impl Envelope {
    /// Name of the payload's type.
    pub fn event_type(&self) -> &'static str {
        match self.payload {
            Payload::ItemUpgraded(_) => ITEM_UPGRADED,
        }
    }

    /// Avro datum under [`SCHEMA_JSON`], without the wire header.
    ///
    /// # Errors
    /// A sequence beyond `i64::MAX` has no Avro form.
    pub fn encode(&self) -> Result<Vec<u8>, EnvelopeError> {
        let sequence = i64::try_from(self.sequence)
            .map_err(|_| wrong("sequence", "is beyond the range of an Avro long"))?;
        let trace = self
            .trace_context
            .iter()
            .map(|(k, v)| (k.clone(), Value::String(v.clone())))
            .collect();
        let record = Value::Record(vec![
            field("event_id", Value::Uuid(self.event_id)),
            field("aggregate_id", Value::String(self.aggregate_id.clone())),
            field("sequence", Value::Long(sequence)),
            field("event_type", Value::String(self.event_type().to_owned())),
            field("schema_version", Value::Int(i32::from(self.schema_version))),
            field("occurred_at", Value::TimestampMicros(self.occurred_at_us)),
            field("trace_context", Value::Map(trace)),
            field("payload", self.payload.to_avro()),
        ]);
        let writer = GenericDatumWriter::builder(&SCHEMA)
            .build()
            .map_err(Box::new)?;
        Ok(writer.write_value_to_vec(record).map_err(Box::new)?)
    }

    /// Reads a datum that was written under `writer`.
    ///
    /// # Errors
    /// [`EnvelopeError`] when the bytes do not fit the schema or mean nothing to this version.
    pub fn decode(writer: &WriterSchema, datum: &[u8]) -> Result<Self, EnvelopeError> {
        let reader = GenericDatumReader::builder(writer.schema())
            .reader_schema(&SCHEMA)
            .build()
            .map_err(Box::new)?;
        let mut rest = datum;
        let value = reader.read_value(&mut rest).map_err(Box::new)?;
        if !rest.is_empty() {
            return Err(EnvelopeError::Trailing { bytes: rest.len() });
        }
        Self::from_avro(value)
    }

    fn from_avro(value: Value) -> Result<Self, EnvelopeError> {
        let mut fields = Fields::of(value, "envelope")?;
        let envelope = Self {
            event_id: fields.uuid("event_id")?,
            aggregate_id: fields.string("aggregate_id")?,
            sequence: fields.number("sequence")?,
            schema_version: fields.number("schema_version")?,
            occurred_at_us: fields.number("occurred_at")?,
            trace_context: fields.strings("trace_context")?,
            payload: Payload::from_avro(fields.take("payload")?)?,
        };
        let named = fields.string("event_type")?;
        if named != envelope.event_type() {
            return Err(wrong(
                "event_type",
                format!(
                    "is `{named}` but the payload is `{}`",
                    envelope.event_type()
                ),
            ));
        }
        Ok(envelope)
    }
}

impl Payload {
    fn to_avro(&self) -> Value {
        let Self::ItemUpgraded(upgrade) = self;
        let symbol = u32::try_from(upgrade.outcome as usize).unwrap_or_default();
        Value::Union(
            0,
            Box::new(Value::Record(vec![
                field("command_id", Value::Uuid(upgrade.command_id)),
                field(
                    "outcome",
                    Value::Enum(symbol, upgrade.outcome.name().to_owned()),
                ),
                field("cost", Value::Long(i64::from(upgrade.cost))),
                field("level_delta", Value::Int(upgrade.level_delta)),
            ])),
        )
    }

    fn from_avro(value: Value) -> Result<Self, EnvelopeError> {
        let Value::Union(_, record) = value else {
            return Err(wrong("payload", "is not one of the known events"));
        };
        let mut fields = Fields::of(*record, "payload")?;
        let outcome = match fields.take("outcome")? {
            Value::Enum(_, name) => Outcome::named(&name)
                .ok_or_else(|| wrong("outcome", format!("is the unknown `{name}`")))?,
            _ => return Err(wrong("outcome", "is not an enum")),
        };
        Ok(Self::ItemUpgraded(ItemUpgraded {
            command_id: fields.uuid("command_id")?,
            outcome,
            cost: fields.number("cost")?,
            level_delta: fields.number("level_delta")?,
        }))
    }
}

/// A decoded Avro record whose fields are taken out one by one.
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn of(value: Value, what: &'static str) -> Result<Self, EnvelopeError> {
        match value {
            Value::Record(fields) => Ok(Self(fields)),
            _ => Err(wrong(what, "is not a record")),
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, EnvelopeError> {
        self.0
            .iter_mut()
            .find(|(n, _)| n == name)
            .map(|(_, v)| std::mem::replace(v, Value::Null))
            .ok_or_else(|| wrong(name, "is missing"))
    }

    fn uuid(&mut self, name: &'static str) -> Result<Uuid, EnvelopeError> {
        match self.take(name)? {
            Value::Uuid(id) => Ok(id),
            _ => Err(wrong(name, "is not a uuid")),
        }
    }

    fn string(&mut self, name: &'static str) -> Result<String, EnvelopeError> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong(name, "is not a string")),
        }
    }

    fn strings(&mut self, name: &'static str) -> Result<BTreeMap<String, String>, EnvelopeError> {
        let Value::Map(map) = self.take(name)? else {
            return Err(wrong(name, "is not a map"));
        };
        map.into_iter()
            .map(|(key, value)| match value {
                Value::String(text) => Ok((key, text)),
                _ => Err(wrong(name, "holds a value that is not a string")),
            })
            .collect()
    }

    fn number<N: TryFrom<i64>>(&mut self, name: &'static str) -> Result<N, EnvelopeError> {
        let number = match self.take(name)? {
            Value::Int(n) => i64::from(n),
            Value::Long(n) | Value::TimestampMicros(n) => n,
            _ => return Err(wrong(name, "is not a number")),
        };
        N::try_from(number).map_err(|_| wrong(name, format!("is out of range: {number}")))
    }
}

fn field(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

fn wrong(field: &'static str, problem: impl Into<String>) -> EnvelopeError {
    EnvelopeError::Field {
        field,
        problem: problem.into(),
    }
}
