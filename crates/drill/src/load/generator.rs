//! The open-loop generator: questions leave on schedule, one attempt each, whatever comes back.
//!
//! Each load has a thread of its own, so that its schedule depends on nothing else the drill does.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rlab_evidence::JsonlError;
use rlab_ledger::{CommandAnswer, Exchange, Operation, ReadAnswer, WriteAnswer};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::asked::Asked;
use super::connections::{self, Connections};
use super::handle::{Counters, LoadHandle};
use super::history::HistoryThread;
use super::numbers::Dial;
use super::question::Question;

/// Where the service is right now; asked before every question. None while nobody knows.
pub type Resolve = Arc<dyn Fn() -> Option<SocketAddr> + Send + Sync>;

/// What a load asks for, and of whom.
#[derive(Clone)]
pub enum Asks {
    /// Commands, of command-service.
    Commands(Resolve),
    /// Items, of query-service.
    Items(Resolve),
    /// That numbers be stored, of Redis.
    Numbers(Dial),
    /// To be connected, of Kafka's brokers.
    Connections(Connections),
}

/// What to ask, how often, and where to write what was answered.
#[derive(Clone)]
pub struct Load {
    /// What is asked for, and of whom.
    pub asks: Asks,
    /// Questions in all; without it the load goes on until it is stopped.
    pub count: Option<u64>,
    /// Whether it goes on beyond `count` until it is told that this was [`LoadHandle::enough`].
    pub lasting: bool,
    /// Questions per second on the schedule.
    pub rate_per_s: f64,
    /// Distinct aggregates, at least 1.
    pub keys: u32,
    /// Seed of keys and contents. Command ids are always fresh.
    pub seed: u64,
    /// Aggregates are named `<prefix>-<number>`.
    pub key_prefix: String,
    /// A question without an answer for this long is unknown.
    pub timeout: Duration,
    /// Questions that may be under way at once, each on a connection of its own; at least 1.
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
    /// The system gave no thread, or no timers and sockets for it.
    #[error("cannot start a thread for the load: {0}")]
    Thread(#[source] std::io::Error),
    /// The history could not be written; the load stops, since what it did would go unrecorded.
    #[error(transparent)]
    History(#[from] JsonlError),
}

impl Load {
    /// Starts the load on a thread of its own; must be called within a runtime.
    ///
    /// # Errors
    /// A setting that makes no load, or a history that cannot be created.
    pub fn start(self) -> Result<LoadHandle, LoadError> {
        self.check()?;
        let (sender, history) = HistoryThread::start(&self.history)?;
        let counters = Arc::new(Counters::default());
        let stop = CancellationToken::new();
        let enough = CancellationToken::new();
        let abandon = CancellationToken::new();
        let sending = Arc::new(Sending {
            epoch: self.epoch,
            counters: counters.clone(),
            stop: stop.clone(),
            enough: enough.clone(),
        });
        let abandoned = abandon.clone();
        let thread = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(LoadError::Thread)?;
            runtime.block_on(async {
                tokio::select! {
                    () = self.drive(&sending, sender) => {}
                    () = abandoned.cancelled() => {}
                }
            });
            // With it go whatever questions are still under way, and the history's senders.
            drop(runtime);
            history.finish()
        });
        Ok(LoadHandle {
            counters,
            stop,
            enough,
            abandon,
            thread,
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
    async fn drive(&self, sending: &Arc<Sending>, history: mpsc::Sender<Operation>) {
        let asked = match &self.asks {
            Asks::Commands(base) => Asked::service(base, self.timeout, Question::command),
            Asks::Items(base) => Asked::service(base, self.timeout, |_| Question::Read),
            Asks::Numbers(dial) => Asked::redis(dial, self.timeout),
            Asks::Connections(clients) => {
                let (counters, stop) = (&sending.counters, &sending.stop);
                return connections::drive(self, clients, counters, stop, history).await;
            }
        };
        let mut random = StdRng::seed_from_u64(self.seed);
        let permits = Arc::new(Semaphore::new(self.max_in_flight as usize));
        let under_way = TaskTracker::new();
        let start = Instant::now();
        for n in (0..).take_while(|n| self.goes_on(*n, sending)) {
            let intended = start + Duration::from_secs_f64(n as f64 / self.rate_per_s);
            let permit = tokio::select! {
                biased;
                () = sending.stop.cancelled() => break,
                permit = sending.turn(intended, &permits) => permit,
            };
            let Some(permit) = permit else { break };
            let (key, asking) = asked.next(&mut random, &self.key_prefix, self.keys);
            let (sending, history) = (sending.clone(), history.clone());
            under_way.spawn(async move {
                let operation = sending.ask(key, asking, intended).await;
                drop(permit);
                if history.send(operation).await.is_err() {
                    // The writer has failed and tells why when joined; an unrecorded load is
                    // worthless.
                    sending.stop.cancel();
                }
            });
        }
        drop(history);
        under_way.close();
        under_way.wait().await;
    }

    /// Whether there is a question after the first `n`.
    fn goes_on(&self, n: u64, sending: &Sending) -> bool {
        let least = self
            .count
            .unwrap_or(if self.lasting { 0 } else { u64::MAX });
        n < least || self.lasting && !sending.enough.is_cancelled()
    }
}

/// What every question under way shares.
struct Sending {
    epoch: Instant,
    counters: Arc<Counters>,
    stop: CancellationToken,
    enough: CancellationToken,
}

impl Sending {
    /// Waits for the intended time, then for room; a question that waits keeps its intended time.
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

    async fn ask(
        &self,
        key: String,
        asking: BoxFuture<'static, Exchange>,
        intended: Instant,
    ) -> Operation {
        self.counters.sent.fetch_add(1, Relaxed);
        let sent = Instant::now();
        let exchange = asking.await;
        self.counters
            .count(&exchange, self.since_epoch_us(Instant::now()));
        let silent = matches!(
            exchange,
            Exchange::Command {
                answer: CommandAnswer::Unknown { .. },
                ..
            } | Exchange::Read {
                answer: ReadAnswer::Unknown { .. }
            } | Exchange::Write {
                answer: WriteAnswer::Unknown { .. },
                ..
            }
        );
        Operation {
            key,
            intended_us: self.since_epoch_us(intended),
            sent_us: self.since_epoch_us(sent),
            answered_us: (!silent).then(|| self.since_epoch_us(Instant::now())),
            exchange,
        }
    }

    fn since_epoch_us(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.epoch);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}
