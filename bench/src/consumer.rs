//! How fast consumer-service applies events, beside a bare loop of the same statements.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope::{Envelope, Payload, SCHEMA_JSON};
use rlab_contract::registry::WriterSchema;
use rlab_contract::{topics, wire};
use rlab_lab::pipeline;
use rlab_store::effect::{self, Effect};

use crate::events;
use crate::machine::Busy;
use crate::pipeline::Pipeline;
use crate::rates::{Rate, Run};
use crate::tool::BenchError;

const CONSUMER: &str = "consumer-service";
const APPLIED: &str = "rlab_events_applied_total";
/// Events in one transaction; as many as consumer-service takes.
const BATCH: usize = 500;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where the log ends, by partition.
type Ends = HashMap<i32, i64>;

/// Applies `count` events by consumer-service and by the bare loop, `runs` times in turn.
pub async fn measure(pipeline: &Pipeline, count: u64, runs: u32) -> Result<Rate, BenchError> {
    let other = Namespace::named("bench");
    pipeline::create(&pipeline.site, &other).await?;
    let schema_id = pipeline.schema_id().await?;
    let mut measured = Vec::new();
    let mut record_bytes = 0;
    pipeline.node("stop", CONSUMER).await?;
    for run in 1..=runs {
        let from = ends(pipeline)?;
        record_bytes = publish(pipeline, schema_id, count, u64::from(run) * 1_000_000)?;
        let busy = Busy::begin()?;
        pipeline.node("start", CONSUMER).await?;
        let ours = pipeline.growth(CONSUMER, APPLIED, count as f64).await?;
        let busy = busy.ratio()?;
        pipeline.node("stop", CONSUMER).await?;
        let bare = bare(pipeline, &other.database, &from, count).await?;
        eprintln!("run {run} of {runs}: consumer {ours:.0} events/s, bare loop {bare:.0} events/s");
        measured.push(Run { ours, bare, busy });
    }
    pipeline.node("start", CONSUMER).await?;
    Ok(Rate {
        name: "consumer applies",
        unit: "events/s",
        target: 8_000.0,
        record_bytes,
        batch: BATCH,
        runs: measured,
    })
}

/// Publishes `count` events; returns the mean size of a record's value.
fn publish(
    pipeline: &Pipeline,
    schema_id: u32,
    count: u64,
    first_sequence: u64,
) -> Result<usize, BenchError> {
    let mut config = pipeline.kafka()?;
    config
        .set("acks", "all")
        .set("linger.ms", "5")
        .set("partitioner", topics::PARTITIONER)
        .set("queue.buffering.max.messages", count.max(1).to_string());
    let producer: BaseProducer = config.create().map_err(BenchError::of("kafka"))?;
    let mut bytes = 0;
    for event in events::make(count, first_sequence)? {
        let value = wire::frame(schema_id, &event.payload);
        bytes += value.len();
        let record = BaseRecord::to(&pipeline.namespace.topic)
            .key(&event.aggregate_id)
            .payload(&value);
        let sent = producer.send(record).map_err(|(error, _)| error);
        sent.map_err(BenchError::of("kafka"))?;
    }
    let flushed = producer.flush(ANSWER_WITHIN * 6);
    flushed.map_err(BenchError::of("kafka"))?;
    Ok(bytes / usize::try_from(count.max(1)).unwrap_or(1))
}

/// Takes records, decodes them, applies them batch by batch; one step after the other.
async fn bare(
    pipeline: &Pipeline,
    database: &str,
    from: &Ends,
    count: u64,
) -> Result<f64, BenchError> {
    let pool = pipeline.mysql(database, 2)?;
    let consumer = reader(pipeline)?;
    let mut wanted = TopicPartitionList::new();
    for (partition, offset) in from {
        wanted
            .add_partition_offset(
                &pipeline.namespace.topic,
                *partition,
                Offset::Offset(*offset),
            )
            .map_err(BenchError::of("kafka"))?;
    }
    consumer.assign(&wanted).map_err(BenchError::of("kafka"))?;
    let schema = WriterSchema::parse(SCHEMA_JSON).map_err(BenchError::of("the schema"))?;
    let begun = Instant::now();
    let mut applied = 0;
    while applied < count {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH && applied + (batch.len() as u64) < count {
            match consumer.poll(ANSWER_WITHIN) {
                Some(Ok(record)) => {
                    let value = record.payload().unwrap_or_default();
                    batch.push(effect_of(&schema, value)?);
                }
                Some(Err(error)) => return Err(BenchError::of("kafka")(error)),
                None => return Err(BenchError::of("kafka")("no record came")),
            }
        }
        effect::apply_once(&pool, &batch).await?;
        applied += batch.len() as u64;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

fn effect_of(schema: &WriterSchema, value: &[u8]) -> Result<Effect, BenchError> {
    let (_, datum) = wire::split(value).map_err(BenchError::of("a record"))?;
    let event = Envelope::decode(schema, datum).map_err(BenchError::of("a record"))?;
    let Payload::ItemUpgraded(upgrade) = event.payload;
    Ok(Effect {
        event_id: event.event_id,
        item_id: event.aggregate_id,
        sequence: event.sequence,
        occurred_at_us: event.occurred_at_us,
        level_delta: upgrade.level_delta,
        cost: upgrade.cost,
        summary: format!(
            r#"{{"last_event_id":"{}","last_outcome":"{}","last_cost":{},"last_at_us":{}}}"#,
            event.event_id,
            upgrade.outcome.name(),
            upgrade.cost,
            event.occurred_at_us
        ),
    })
}

fn ends(pipeline: &Pipeline) -> Result<Ends, BenchError> {
    let reader = reader(pipeline)?;
    (0..topics::PARTITIONS)
        .map(|partition| {
            let marks =
                reader.fetch_watermarks(&pipeline.namespace.topic, partition, ANSWER_WITHIN);
            Ok((partition, marks.map_err(BenchError::of("kafka"))?.1))
        })
        .collect()
}

fn reader(pipeline: &Pipeline) -> Result<BaseConsumer, BenchError> {
    let mut config = pipeline.kafka()?;
    config
        .set("group.id", "bench")
        .set("enable.auto.commit", "false");
    config.create().map_err(BenchError::of("kafka"))
}
