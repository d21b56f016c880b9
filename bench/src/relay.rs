//! How fast outbox-relay drains a full outbox, beside a bare loop of the same statements.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rlab_contract::wire;
use rlab_store::outbox::{self, Acknowledged, Wanted};
use rlab_store::relay_lease::{self, Lease, SHARDS};
use rlab_store::{MySqlPool, synthetic};

use crate::events;
use crate::machine::Busy;
use crate::pipeline::Pipeline;
use crate::rates::{Rate, Run};
use crate::tool::BenchError;

const RELAY: &str = "outbox-relay";
const SETTLED: &str = "rlab_outbox_settled_total";
const INSERTED_AT_ONCE: usize = 2_000;
/// Rows of each shard that the bare loop reads at once; as many as the relay has in flight.
const BATCH: usize = 4_096;
const LEASE: Duration = Duration::from_secs(120);
const FLUSHED_WITHIN: Duration = Duration::from_secs(30);

/// Drains `rows` durable rows by the relay and by the bare loop, `runs` times in turn.
pub async fn measure(pipeline: &Pipeline, rows: u64, runs: u32) -> Result<Rate, BenchError> {
    let pool = pipeline.mysql(&pipeline.namespace.database, 4)?;
    let mut measured = Vec::new();
    let mut row_bytes = 0;
    pipeline.node("stop", RELAY).await?;
    for run in 1..=runs {
        row_bytes = fill(&pool, rows, u64::from(run) * 1_000_000).await?;
        let busy = Busy::begin()?;
        pipeline.node("start", RELAY).await?;
        let ours = pipeline.growth(RELAY, SETTLED, rows as f64).await?;
        let busy = busy.ratio()?;
        pipeline.node("stop", RELAY).await?;
        fill(&pool, rows, u64::from(run) * 1_000_000 + 500_000).await?;
        let bare = bare(pipeline, &pool, rows).await?;
        eprintln!("run {run} of {runs}: relay {ours:.0} rows/s, bare loop {bare:.0} rows/s");
        measured.push(Run { ours, bare, busy });
    }
    pipeline.node("start", RELAY).await?;
    Ok(Rate {
        name: "relay drains",
        unit: "rows/s",
        target: 15_000.0,
        record_bytes: row_bytes,
        batch: BATCH,
        runs: measured,
    })
}

/// Fills the outbox; returns the mean size of a payload.
async fn fill(pool: &MySqlPool, rows: u64, first_sequence: u64) -> Result<usize, BenchError> {
    let events = events::make(rows, first_sequence)?;
    let bytes: usize = events.iter().map(|e| e.payload.len()).sum();
    let mut connection = pool.acquire().await.map_err(BenchError::of("mysql"))?;
    for part in events.chunks(INSERTED_AT_ONCE) {
        synthetic::insert_outbox(&mut connection, part).await?;
    }
    Ok(bytes / events.len().max(1))
}

/// Reads, sends, waits for every report, settles; one step after the other. Rows per second.
async fn bare(pipeline: &Pipeline, pool: &MySqlPool, rows: u64) -> Result<f64, BenchError> {
    let mut config = pipeline.kafka()?;
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "131072");
    let producer: BaseProducer = config.create().map_err(BenchError::of("kafka"))?;
    let schema_id = pipeline.schema_id().await?;
    let leases = relay_lease::acquire(pool, "bench", true, SHARDS, LEASE).await?;
    let wanted: Vec<Wanted> = leases.iter().map(|l| all_of(l.shard)).collect();
    let begun = Instant::now();
    let mut settled = 0;
    while settled < rows {
        let read = outbox::unsettled(pool, &wanted, &HashSet::<u64>::new()).await?;
        for row in &read {
            let value = wire::frame(schema_id, &row.payload);
            let record = BaseRecord::to(&pipeline.namespace.topic)
                .key(&row.aggregate_id)
                .payload(&value);
            let sent = producer.send(record).map_err(|(error, _)| error);
            sent.map_err(BenchError::of("kafka"))?;
        }
        let flushed = producer.flush(FLUSHED_WITHIN);
        flushed.map_err(BenchError::of("kafka"))?;
        let of_lease = |lease: &Lease| Acknowledged {
            lease: *lease,
            ids: read
                .iter()
                .filter(|row| row.shard == lease.shard)
                .map(|row| row.id)
                .collect(),
        };
        let acknowledged: Vec<_> = leases.iter().map(of_lease).collect();
        outbox::settle(pool, &acknowledged).await?;
        settled += read.len() as u64;
    }
    let took = begun.elapsed();
    for lease in leases {
        relay_lease::release(pool, lease).await?;
    }
    Ok(rows as f64 / took.as_secs_f64())
}

fn all_of(shard: u8) -> Wanted {
    Wanted {
        shard,
        most: BATCH,
        in_flight: 0,
    }
}
