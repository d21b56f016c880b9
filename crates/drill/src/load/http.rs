//! Orders over HTTP: an open-loop generator of `POST /commands`, one attempt per command.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, StatusCode};
use rlab_evidence::JsonlError;
use rlab_ledger::{Operation, Outcome};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::history::HistoryTask;

/// Where the service is right now; asked before every command. None while nobody knows.
pub type Resolve = Arc<dyn Fn() -> Option<SocketAddr> + Send + Sync>;

/// What to ask, how often, and where to write what was answered.
#[derive(Clone)]
pub struct OrdersLoad {
    /// Where command-service is.
    pub base: Resolve,
    /// Commands in all.
    pub count: u64,
    /// Commands per second on the schedule.
    pub rate_per_s: f64,
    /// Distinct aggregates, at least 1.
    pub keys: u32,
    /// Seed of keys, outcomes and costs. Command ids are always fresh.
    pub seed: u64,
    /// Aggregates are named `<prefix>-<number>`.
    pub key_prefix: String,
    /// A command without an answer for this long is unknown.
    pub timeout: Duration,
    /// Commands that may be under way at once, at least 1.
    pub max_in_flight: u32,
    /// The run's start: time zero of the history.
    pub epoch: Instant,
    /// The new file the history is written to.
    pub history: PathBuf,
}

/// Why a load could not start or could not be completed.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A setting that makes no load.
    #[error("load {setting} must be {must}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// The history could not be written; the load stops, since what it did would go unrecorded.
    #[error(transparent)]
    History(#[from] JsonlError),
}

/// Counts of a load so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Commands sent.
    pub sent: u64,
    /// Acknowledged with 200 or 201.
    pub acknowledged: u64,
    /// Answered with any other status.
    pub refused: u64,
    /// Without a usable answer.
    pub unknown: u64,
    /// Times a command had to wait because `max_in_flight` were under way.
    pub at_bound: u64,
}

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadSummary {
    /// The final counts.
    pub progress: LoadProgress,
    /// Operations in the history; equal to the commands sent.
    pub recorded: u64,
}

/// A load under way.
#[derive(Debug)]
pub struct LoadHandle {
    counters: Arc<Counters>,
    stop: CancellationToken,
    task: JoinHandle<Result<u64, LoadError>>,
}

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    at_bound: AtomicU64,
}

#[derive(Debug, Serialize)]
struct Command {
    command_id: Uuid,
    item_id: String,
    kind: &'static str,
    outcome: &'static str,
    cost: u32,
}

#[derive(Debug, Deserialize)]
struct Acknowledgement {
    command_id: Uuid,
    event_id: Uuid,
    sequence: u64,
}

impl OrdersLoad {
    /// Starts the load on the current runtime.
    ///
    /// # Errors
    /// A setting that makes no load, or a history that cannot be created.
    pub fn start(self) -> Result<LoadHandle, LoadError> {
        self.check()?;
        let client = Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .map_err(LoadError::Client)?;
        let (sender, history) = HistoryTask::start(&self.history)?;
        let counters = Arc::new(Counters::default());
        let stop = CancellationToken::new();
        let sending = Sending {
            base: self.base.clone(),
            client,
            epoch: self.epoch,
            counters: counters.clone(),
            history: sender,
            stop: stop.clone(),
        };
        let task = tokio::spawn(async move {
            self.drive(sending).await;
            Ok(history.finish().await?)
        });
        Ok(LoadHandle {
            counters,
            stop,
            task,
        })
    }

    fn check(&self) -> Result<(), LoadError> {
        let refuse = |setting, must| Err(LoadError::Setting { setting, must });
        if !(self.rate_per_s.is_finite() && self.rate_per_s > 0.0) {
            return refuse("rate", "a number above 0/s");
        }
        if self.keys == 0 {
            return refuse("keys", "at least 1");
        }
        if self.max_in_flight == 0 {
            return refuse("max_in_flight", "at least 1");
        }
        Ok(())
    }

    /// Sends on schedule until all is sent or the load is stopped, then waits for the answers.
    async fn drive(self, sending: Sending) {
        let mut random = StdRng::seed_from_u64(self.seed);
        let permits = Arc::new(Semaphore::new(self.max_in_flight as usize));
        let under_way = TaskTracker::new();
        let start = Instant::now();
        for n in 0..self.count {
            let intended = start + Duration::from_secs_f64(n as f64 / self.rate_per_s);
            let permit = tokio::select! {
                biased;
                () = sending.stop.cancelled() => break,
                permit = sending.turn(intended, &permits) => permit,
            };
            let Some(permit) = permit else { break };
            let command = self.command(&mut random);
            let sending = sending.clone();
            under_way.spawn(async move {
                sending.send(command, intended).await;
                drop(permit);
            });
        }
        drop(sending);
        under_way.close();
        under_way.wait().await;
    }

    fn command(&self, random: &mut StdRng) -> Command {
        let outcome = match random.random_range(0..100) {
            0..45 => "success",
            45..85 => "keep",
            85..99 => "drop",
            _ => "destroy",
        };
        Command {
            command_id: Uuid::now_v7(),
            item_id: format!("{}-{}", self.key_prefix, random.random_range(0..self.keys)),
            kind: "upgrade",
            outcome,
            cost: random.random_range(1..=1_000),
        }
    }
}

impl LoadHandle {
    /// The counts so far.
    #[must_use]
    pub fn progress(&self) -> LoadProgress {
        self.counters.read()
    }

    /// Whether every command was sent and answered (or given up), and the history written.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Sends no further command; those under way are still waited for.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When the history could not be written.
    pub async fn join(mut self) -> Result<LoadSummary, LoadError> {
        let recorded = match (&mut self.task).await {
            Ok(recorded) => recorded?,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        };
        Ok(LoadSummary {
            progress: self.counters.read(),
            recorded,
        })
    }
}

impl Drop for LoadHandle {
    /// A drill that ends early must not go on sending: its service is about to serve others.
    fn drop(&mut self) {
        self.stop.cancel();
        self.task.abort();
    }
}

impl Counters {
    fn read(&self) -> LoadProgress {
        LoadProgress {
            sent: self.sent.load(Relaxed),
            acknowledged: self.acknowledged.load(Relaxed),
            refused: self.refused.load(Relaxed),
            unknown: self.unknown.load(Relaxed),
            at_bound: self.at_bound.load(Relaxed),
        }
    }

    fn answered(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Acknowledged { .. } => &self.acknowledged,
            Outcome::Refused { .. } => &self.refused,
            Outcome::Unknown { .. } => &self.unknown,
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// What every command under way shares.
#[derive(Clone)]
struct Sending {
    base: Resolve,
    client: Client,
    epoch: Instant,
    counters: Arc<Counters>,
    history: mpsc::Sender<Operation>,
    stop: CancellationToken,
}

impl Sending {
    /// Waits for the intended time, then for room; a command that waits keeps its intended time.
    async fn turn(
        &self,
        intended: Instant,
        permits: &Arc<Semaphore>,
    ) -> Option<OwnedSemaphorePermit> {
        tokio::time::sleep_until(intended.into()).await;
        if let Ok(permit) = permits.clone().try_acquire_owned() {
            return Some(permit);
        }
        self.counters.at_bound.fetch_add(1, Relaxed);
        permits.clone().acquire_owned().await.ok()
    }

    async fn send(&self, command: Command, intended: Instant) {
        self.counters.sent.fetch_add(1, Relaxed);
        let sent = Instant::now();
        let outcome = self.ask(&command).await.unwrap_or_else(|why| {
            let why = why.to_string();
            Outcome::Unknown { why }
        });
        let answered_us = match outcome {
            Outcome::Unknown { .. } => None,
            Outcome::Acknowledged { .. } | Outcome::Refused { .. } => {
                Some(self.since_epoch_us(Instant::now()))
            }
        };
        self.counters.answered(&outcome);
        let operation = Operation {
            command_id: command.command_id,
            key: command.item_id,
            intended_us: self.since_epoch_us(intended),
            sent_us: self.since_epoch_us(sent),
            answered_us,
            outcome,
        };
        if self.history.send(operation).await.is_err() {
            // The writer has failed and tells why when joined; an unrecorded load is worthless.
            self.stop.cancel();
        }
    }

    async fn ask(&self, command: &Command) -> Result<Outcome, Silence> {
        let address = (self.base)().ok_or(Silence::NoAddress)?;
        let request = self
            .client
            .post(format!("http://{address}/commands"))
            .json(command);
        let response = request.send().await?;
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::CREATED {
            return Ok(Outcome::Refused {
                status: status.as_u16(),
            });
        }
        let body = response.bytes().await?;
        let told: Acknowledgement = serde_json::from_slice(&body).map_err(Silence::Unreadable)?;
        if told.command_id != command.command_id {
            return Err(Silence::OtherCommand(told.command_id));
        }
        Ok(Outcome::Acknowledged {
            event_id: told.event_id,
            sequence: told.sequence,
        })
    }

    fn since_epoch_us(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.epoch);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// Why a command has no usable answer.
#[derive(Debug)]
enum Silence {
    NoAddress,
    Transport(reqwest::Error),
    Unreadable(serde_json::Error),
    OtherCommand(Uuid),
}

impl From<reqwest::Error> for Silence {
    fn from(error: reqwest::Error) -> Self {
        // The address is the lab's business, and the same in every line.
        Self::Transport(error.without_url())
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("no address is known"),
            Self::Transport(error) if error.is_timeout() => f.write_str("timed out"),
            Self::Transport(error) => {
                let kind = if error.is_connect() {
                    "cannot connect"
                } else {
                    "connection lost"
                };
                let mut cause: &dyn std::error::Error = error;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                write!(f, "{kind}: {cause}")
            }
            Self::Unreadable(error) => write!(f, "unreadable acknowledgement: {error}"),
            Self::OtherCommand(id) => write!(f, "acknowledgement of another command: {id}"),
        }
    }
}
