//! How long after its acknowledgement a command can be read, at a steady rate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::machine::Busy;
use crate::pipeline::Pipeline;
use crate::tool::BenchError;

const ITEMS: u64 = 200;
/// One command in so many is followed until it can be read; to follow all would be most of the load.
const FOLLOWED: u64 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(10);

/// Times from a command's acknowledgement until query-service shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Readable {
    /// Commands per second on the schedule.
    pub rate_per_s: u64,
    /// Commands sent.
    pub commands: u64,
    /// Commands followed.
    pub followed: usize,
    /// Median, milliseconds.
    pub p50_ms: f64,
    /// 99th percentile, milliseconds.
    pub p99_ms: f64,
    /// Part of all cores' time that was not idle, 0 to 1.
    pub busy: f64,
}

/// Sends `rate` commands a second for `seconds`.
pub async fn measure(pipeline: &Pipeline, rate: u64, seconds: u64) -> Result<Readable, BenchError> {
    let doors = Arc::new(Doors {
        http: Client::builder()
            .no_proxy()
            .build()
            .map_err(BenchError::of("http"))?,
        commands: pipeline.url("command-service", "/commands")?,
        items: pipeline.url("query-service", "/items")?,
        times: Mutex::default(),
    });
    let busy = Busy::begin()?;
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    for n in 0..rate * seconds {
        let at = begun + Duration::from_secs_f64(n as f64 / rate as f64);
        tokio::time::sleep_until(at.into()).await;
        under_way.spawn(Arc::clone(&doors).pass(n));
    }
    while let Some(passed) = under_way.join_next().await {
        passed.map_err(BenchError::of("a task"))??;
    }
    let busy = busy.ratio()?;
    let mut times = doors.times.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_unstable();
    let at = |p: f64| {
        let index = (p * times.len() as f64) as usize;
        times.get(index).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
    };
    Ok(Readable {
        rate_per_s: rate,
        commands: rate * seconds,
        followed: times.len(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        busy,
    })
}

struct Doors {
    http: Client,
    commands: String,
    items: String,
    times: Mutex<Vec<Duration>>,
}

impl Doors {
    async fn pass(self: Arc<Self>, n: u64) -> Result<(), BenchError> {
        let item = format!("readable-{}", n % ITEMS);
        let body = json!({
            "command_id": Uuid::now_v7(), "item_id": item, "kind": "upgrade",
            "outcome": "keep", "cost": 1,
        });
        let answer = self.http.post(&self.commands).json(&body).send().await;
        let answer = answer.map_err(BenchError::of("command-service"))?;
        let receipt: Value = answer
            .json()
            .await
            .map_err(BenchError::of("command-service"))?;
        let acknowledged = Instant::now();
        let Some(sequence) = receipt["sequence"].as_u64() else {
            return Err(BenchError::of("command-service")(receipt));
        };
        if !n.is_multiple_of(FOLLOWED) {
            return Ok(());
        }
        while !self.shows(&item, sequence).await? {
            if acknowledged.elapsed() > PATIENCE {
                return Err(BenchError::of("query-service")(format!(
                    "{item} did not reach version {sequence}"
                )));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let took = acknowledged.elapsed();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.push(took);
        Ok(())
    }

    async fn shows(&self, item: &str, version: u64) -> Result<bool, BenchError> {
        let url = format!("{}/{item}/summary", self.items);
        let answer = self.http.head(url).send().await;
        let answer = answer.map_err(BenchError::of("query-service"))?;
        let shown = answer.headers().get("x-version");
        let shown = shown.and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        Ok(shown >= Some(version))
    }
}

/// For people.
pub fn table(readable: &Readable) -> String {
    format!(
        "readable after p50 {:.1} ms, p99 {:.1} ms ({} of {} commands at {}/s followed; CPU busy {:.0} %)",
        readable.p50_ms,
        readable.p99_ms,
        readable.followed,
        readable.commands,
        readable.rate_per_s,
        readable.busy * 100.0
    )
}
