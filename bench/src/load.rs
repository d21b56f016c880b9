//! What the open-loop generator costs: commands at a fixed rate to a server that answers at once.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use procfs::process::Process;
use rlab_drill::load::{Asks, Load};
use rlab_evidence::JsonlReader;
use rlab_ledger::Operation;
use serde::Serialize;

use crate::answering::Answering;
use crate::machine::Busy;
use crate::tool::BenchError;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadReport {
    /// Always `rlab/bench-load/v1`.
    pub schema: &'static str,
    /// Cores this program may use.
    pub cores: usize,
    /// Commands per second on the schedule.
    pub wanted_per_s: u32,
    /// Commands acknowledged per second, from the first intended to the last answered.
    pub achieved_per_s: f64,
    /// Commands sent.
    pub sent: u64,
    /// Commands acknowledged.
    pub acknowledged: u64,
    /// 99th percentile of the time from intended to sent, milliseconds.
    pub lag_p99_ms: f64,
    /// The longest such time, milliseconds.
    pub lag_max_ms: f64,
    /// 99th percentile of the time from sent to answered, milliseconds.
    pub answer_p99_ms: f64,
    /// Processor time of the generator, its history included, per 1,000 commands, seconds.
    pub cpu_s_per_1000: f64,
    /// Part of all cores' time that was not idle, 0 to 1; the server is in it.
    pub busy: f64,
}

/// Sends for `seconds`.
pub async fn measure(rate: u32, seconds: u32) -> Result<LoadReport, BenchError> {
    let server = Answering::start()?;
    let address = server.address;
    let dir = tempfile::tempdir()?;
    let history = dir.path().join("history");
    let load = Load {
        asks: Asks::Commands(Arc::new(move || Some(address))),
        count: Some(u64::from(rate) * u64::from(seconds)),
        lasting: false,
        rate_per_s: f64::from(rate),
        keys: 1_000,
        seed: 1,
        key_prefix: "bench".to_owned(),
        timeout: Duration::from_secs(5),
        max_in_flight: 512,
        epoch: Instant::now(),
        history: history.clone(),
    };
    let busy = Busy::begin()?;
    let before = cpu_seconds()?;
    let summary = load
        .start()
        .map_err(BenchError::of("the load"))?
        .join()
        .await;
    let summary = summary.map_err(BenchError::of("the load"))?;
    let spent = cpu_seconds()? - before;
    let busy = busy.ratio()?;
    let times = Times::read(&history)?;
    Ok(LoadReport {
        schema: "rlab/bench-load/v1",
        cores: std::thread::available_parallelism()?.get(),
        wanted_per_s: rate,
        achieved_per_s: summary.progress.answered as f64 / times.span_s,
        sent: summary.progress.sent,
        acknowledged: summary.progress.answered,
        lag_p99_ms: times.lag.at(0.99),
        lag_max_ms: times.lag.at(1.0),
        answer_p99_ms: times.answer.at(0.99),
        cpu_s_per_1000: spent * 1_000.0 / summary.progress.sent as f64,
        busy,
    })
}

/// User and system time of this process so far.
fn cpu_seconds() -> Result<f64, BenchError> {
    let stat = Process::myself()?.stat()?;
    Ok((stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64)
}

struct Times {
    lag: Sorted,
    answer: Sorted,
    span_s: f64,
}

impl Times {
    fn read(history: &Path) -> Result<Self, BenchError> {
        let (mut lag, mut answer) = (Vec::new(), Vec::new());
        let (mut first, mut last) = (u64::MAX, 0);
        let failed = BenchError::of("the history");
        for operation in JsonlReader::<Operation>::open(history).map_err(&failed)? {
            let operation = operation.map_err(&failed)?;
            lag.push(operation.sent_us - operation.intended_us);
            first = first.min(operation.intended_us);
            if let Some(answered) = operation.answered_us {
                answer.push(answered - operation.sent_us);
                last = last.max(answered);
            }
        }
        Ok(Self {
            lag: Sorted::of(lag),
            answer: Sorted::of(answer),
            span_s: last.saturating_sub(first) as f64 / 1e6,
        })
    }
}

struct Sorted(Vec<u64>);

impl Sorted {
    fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        Self(values)
    }

    /// Milliseconds at this quantile.
    fn at(&self, quantile: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = (last as f64 * quantile).round() as usize;
        self.0.get(index).map_or(f64::NAN, |us| *us as f64 / 1e3)
    }
}

/// For people.
pub fn lines(report: &LoadReport) -> String {
    format!(
        "{:.1} of {} commands/s, {} sent, {} acknowledged\n\
         sent after intended: {:.2} ms (p99), {:.2} ms (most); answered within {:.2} ms (p99)\n\
         processor time {:.4} s per 1000 commands; {:.0} % of {} cores busy",
        report.achieved_per_s,
        report.wanted_per_s,
        report.sent,
        report.acknowledged,
        report.lag_p99_ms,
        report.lag_max_ms,
        report.answer_p99_ms,
        report.cpu_s_per_1000,
        report.busy * 100.0,
        report.cores
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds_and_absent_without_data() {
        let sorted = Sorted::of((0..=100).rev().map(|n| n * 1_000).collect());
        assert_eq!(
            (sorted.at(0.5), sorted.at(0.99), sorted.at(1.0)),
            (50.0, 99.0, 100.0)
        );
        assert!(Sorted::of(Vec::new()).at(0.5).is_nan());
    }
}
