//! Commands from end to end at a steady rate, beside a bare loop of the same transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope::SCHEMA_VERSION;
use rlab_lab::pipeline;
use rlab_store::MySqlPool;
use rlab_store::command::{self, Decision, NewCommand};
use serde::Deserialize;
use uuid::Uuid;

use crate::events;
use crate::machine::Busy;
use crate::pipeline::Pipeline;
use crate::rates::{Rate, Run};
use crate::tool::BenchError;

/// Transactions at once in the bare loop; as many connections as command-service has.
const AT_ONCE: u32 = 32;
const ITEMS: u64 = 500;
const SECONDS: u64 = 30;
/// Commands a second by which the rate is lowered until it is held.
const STEP: u64 = 250;
const BARE: Duration = Duration::from_secs(10);

/// What `rlab-ops drill --format json` prints, as far as it matters here.
#[derive(Deserialize)]
struct Finished {
    verdict: Verdict,
    report: PathBuf,
}

#[derive(Deserialize)]
struct Verdict {
    outcome: String,
    reasons: Vec<String>,
}

/// Finds the highest rate up to `wanted` that the whole pipeline holds for 30 s by the drill E-001, whose
/// ledger must find nothing lost; then runs the bare transaction as fast as it goes; `runs` times.
pub async fn measure(pipeline: &Pipeline, wanted: u64, runs: u32) -> Result<Rate, BenchError> {
    let other = Namespace::named("bench_commands");
    pipeline::create(&pipeline.site, &other).await?;
    let payload = events::make(1, 1)?.remove(0).payload;
    let mut measured = Vec::new();
    for run in 1..=runs {
        let (ours, busy) = highest_held(pipeline, wanted).await?;
        let pool = pipeline.mysql(&other.database, AT_ONCE)?;
        let bare = bare(&pool, &payload).await?;
        eprintln!(
            "run {run} of {runs}: {ours} commands/s end to end, bare transaction {bare:.0}/s"
        );
        measured.push(Run {
            ours: ours as f64,
            bare,
            busy,
        });
    }
    Ok(Rate {
        name: "commands end to end",
        unit: "commands/s",
        target: wanted as f64,
        record_bytes: payload.len(),
        batch: 1,
        runs: measured,
    })
}

async fn highest_held(pipeline: &Pipeline, wanted: u64) -> Result<(u64, f64), BenchError> {
    let mut rate = wanted;
    loop {
        let busy = Busy::begin()?;
        let finished = drill(pipeline, rate).await?;
        let verdict = finished.verdict;
        if verdict.outcome == "held" {
            return Ok((rate, busy.ratio()?));
        }
        eprintln!("{rate} commands/s: {}", verdict.reasons.join("; "));
        // Not held is one thing, something lost another.
        if verdict.outcome != "unknown" || rate <= STEP {
            return Err(BenchError::of("drill E-001")(finished.report.display()));
        }
        rate -= STEP;
    }
}

async fn drill(pipeline: &Pipeline, rate: u64) -> Result<Finished, BenchError> {
    let evidence = pipeline.site.dir.path().join("bench-evidence");
    let (evidence, commands) = (evidence.display().to_string(), rate * SECONDS);
    let (commands, rate) = (format!("commands={commands}"), format!("rate={rate}"));
    let words = [
        "drill",
        "E-001",
        "--format",
        "json",
        "--evidence",
        &evidence,
        "--set",
        &commands,
        "--set",
        &rate,
    ];
    Ok(serde_json::from_slice(&pipeline.rlab(&words).await?)?)
}

/// The transaction of command-service, from as many tasks as it has connections. Per second.
async fn bare(pool: &MySqlPool, payload: &[u8]) -> Result<f64, BenchError> {
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..u64::from(AT_ONCE))
        .map(|task| {
            let (pool, payload, done) = (pool.clone(), payload.to_vec(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut n = task;
                while begun.elapsed() < BARE {
                    accept(&pool, &payload, n).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                    n += u64::from(AT_ONCE);
                }
                Ok::<_, BenchError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(BenchError::of("a task"))??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

async fn accept(pool: &MySqlPool, payload: &[u8], n: u64) -> Result<(), BenchError> {
    let command = NewCommand {
        command_id: Uuid::now_v7(),
        item_id: format!("bare-{}", n % ITEMS),
        shard: 0,
        fingerprint: [0; 32],
        event_id: Uuid::now_v7(),
        accepted_at_us: 0,
    };
    let decide = |_| {
        Ok(Decision {
            level: 1,
            cost: 1,
            payload: payload.to_vec(),
            schema_version: SCHEMA_VERSION,
        })
    };
    command::accept(pool, &command, true, decide).await?;
    Ok(())
}
