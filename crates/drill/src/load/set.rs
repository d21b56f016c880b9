//! All loads of an arm.

use std::num::NonZeroU64;
use std::time::Duration;

use rlab_runbook::{LoadKind, ResolvedLoad, Value};

use super::start::{ANSWER_TIMEOUT, MOST_IN_FLIGHT};
use super::{LoadError, LoadHandle, LoadProgress, LoadSummary};

/// Loads under way, in the order in which they began. Dropped, they end.
#[derive(Debug, Default)]
pub(crate) struct Loads(Vec<Running>);

#[derive(Debug)]
struct Running {
    name: String,
    kind: LoadKind,
    count: Option<u64>,
    /// Phase that ends it.
    to: Option<String>,
    /// What it takes even if no question is ever answered.
    longest: Duration,
    handle: LoadHandle,
}

impl Loads {
    /// Adds a load that was started.
    pub fn add(&mut self, name: &str, load: &ResolvedLoad, handle: LoadHandle) {
        self.0.push(Running {
            name: name.to_owned(),
            kind: load.kind,
            count: load.count.map(NonZeroU64::get),
            to: load.to.clone(),
            longest: longest(load),
            handle,
        });
    }

    /// Ends the loads that last until `phase`.
    pub fn end_with(&self, phase: &str) {
        for load in self
            .0
            .iter()
            .filter(|load| load.to.as_deref() == Some(phase))
        {
            load.handle.enough();
        }
    }

    /// Whether every command was sent and answered, or given up. Reads leave nothing to be done.
    pub fn commands_finished(&self) -> bool {
        self.commands().all(|load| load.handle.finished())
    }

    /// A count of a load so far, by its name in expressions, for example `orders.refused`.
    pub fn now(&self, name: &str) -> Option<Value> {
        let (load, count) = name.split_once('.')?;
        let load = self.0.iter().find(|running| running.name == load)?;
        let so_far = load.handle.progress();
        let count = match count {
            "acknowledged" => so_far.answered,
            "refused" => so_far.refused,
            "unknown" => so_far.unknown,
            _ => return None,
        };
        Some(Value::Number(count as f64))
    }

    /// What is sampled of a load of clients that stay connected: its `value`, of what happened since
    /// `since_us`.
    pub fn of_connections(&self, load: &str, value: &str, since_us: u64) -> Option<Value> {
        let load = self.0.iter().find(|running| running.name == load)?;
        if load.kind != LoadKind::Connections {
            return None;
        }
        load.handle
            .of_connections(value, since_us)
            .map(Value::Number)
    }

    /// Whether the outage that `load` saw since `since_us` is over; see [`LoadHandle::gap_closed`].
    pub fn gap_closed(&self, load: &str, since_us: u64, now_us: u64) -> Option<Value> {
        let load = self.0.iter().find(|running| running.name == load)?;
        Some(Value::Bool(load.handle.gap_closed(since_us, now_us)))
    }

    /// The counts of all loads of commands so far, and how many commands there will be at least.
    pub fn progress(&self) -> (LoadProgress, u64) {
        let mut sum = LoadProgress::default();
        let mut count = 0;
        for load in self.commands() {
            let of_load = load.handle.progress();
            sum.sent += of_load.sent;
            sum.answered += of_load.answered;
            sum.refused += of_load.refused;
            sum.unknown += of_load.unknown;
            sum.at_bound += of_load.at_bound;
            count += load.count.unwrap_or_default();
        }
        (sum, count)
    }

    /// What the loads of commands take from their start even if no question is ever answered.
    pub fn longest(&self) -> Duration {
        let times = self.commands().map(|load| load.longest);
        times.max().unwrap_or_default()
    }

    /// Sends nothing more, and waits for what is under way; what each load did, by name.
    pub async fn end(self) -> Result<Vec<(String, LoadSummary)>, LoadError> {
        for load in &self.0 {
            load.handle.stop();
        }
        let mut summaries = Vec::with_capacity(self.0.len());
        for load in self.0 {
            summaries.push((load.name, load.handle.join().await?));
        }
        Ok(summaries)
    }

    fn commands(&self) -> impl Iterator<Item = &Running> {
        self.0.iter().filter(|load| load.kind == LoadKind::Commands)
    }
}

/// The schedule, and as many rounds of waiting for answers as the questions that may be under way
/// at once make of it.
fn longest(load: &ResolvedLoad) -> Duration {
    let count = load.count.map_or(0, NonZeroU64::get) as f64;
    let rounds = count / f64::from(MOST_IN_FLIGHT) + 1.0;
    Duration::from_secs_f64(count / load.rate.per_second() + rounds * ANSWER_TIMEOUT.as_secs_f64())
}
