//! A load under way, as the drill sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rlab_ledger::{CommandAnswer, ConnectAnswer, Exchange, ReadAnswer, WriteAnswer};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::LoadError;
use super::held::Held;

/// Counts of a load so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Questions sent.
    pub sent: u64,
    /// Answered properly: a command, a number or a connection acknowledged, an item shown or known not to be there.
    pub answered: u64,
    /// Answered with a refusal.
    pub refused: u64,
    /// Without a usable answer.
    pub unknown: u64,
    /// Times a question had to wait because as many as allowed were under way.
    pub at_bound: u64,
}

/// What a load did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadSummary {
    /// The final counts.
    pub progress: LoadProgress,
    /// Operations in the history; equal to the questions sent.
    pub recorded: u64,
}

/// A load under way.
#[derive(Debug)]
pub struct LoadHandle {
    pub(super) counters: Arc<Counters>,
    pub(super) stop: CancellationToken,
    pub(super) enough: CancellationToken,
    /// Ends the load without waiting for answers.
    pub(super) abandon: CancellationToken,
    pub(super) thread: JoinHandle<Result<u64, LoadError>>,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) at_bound: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    /// When a question was last answered properly, and when one last was not, in µs since the run's
    /// start; 0 for never.
    last_answered_us: AtomicU64,
    last_failed_us: AtomicU64,
    /// Clients that stay connected.
    pub(super) held: Held,
}

/// For so long all has to go well before an outage is over, in µs: a service that comes back fails a few
/// more.
const WELL_FOR_US: u64 = 1_000_000;

impl LoadHandle {
    /// The counts so far.
    #[must_use]
    pub fn progress(&self) -> LoadProgress {
        self.counters.read()
    }

    /// Whether questions have failed since `since_us`, and for one second before `now_us` all were
    /// answered properly. Both in µs since the run's start.
    #[must_use]
    pub fn gap_closed(&self, since_us: u64, now_us: u64) -> bool {
        let failed_us = self.counters.last_failed_us.load(Relaxed);
        let answered_us = self.counters.last_answered_us.load(Relaxed);
        failed_us > since_us
            && answered_us > failed_us
            && now_us.saturating_sub(failed_us) >= WELL_FOR_US
    }

    /// What is told of clients that stay connected: how many are, how many connections were `lost` since
    /// `since_us`, and how long the outage was that began then. None for what there is not yet.
    #[must_use]
    pub fn of_connections(&self, value: &str, since_us: u64) -> Option<f64> {
        let held = &self.counters.held;
        match value {
            "connected" => Some(held.connected() as f64),
            "lost" => Some(held.lost_since(since_us) as f64),
            "outage_ms" => Some(held.outage_us(since_us)? as f64 / 1_000.0),
            _ => None,
        }
    }

    /// Whether everything was sent and answered (or given up), and the history written.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends a lasting load as soon as its count is reached.
    pub fn enough(&self) {
        self.enough.cancel();
    }

    /// Sends nothing more; questions under way are still waited for.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When the history could not be written.
    pub async fn join(mut self) -> Result<LoadSummary, LoadError> {
        let recorded = match (&mut self.thread).await {
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
        self.abandon.cancel();
    }
}

impl Counters {
    fn read(&self) -> LoadProgress {
        LoadProgress {
            sent: self.sent.load(Relaxed),
            answered: self.answered.load(Relaxed),
            refused: self.refused.load(Relaxed),
            unknown: self.unknown.load(Relaxed),
            at_bound: self.at_bound.load(Relaxed),
        }
    }

    /// Counts what was told at `at_us`, in µs since the run's start.
    pub(super) fn count(&self, exchange: &Exchange, at_us: u64) {
        let counter = match exchange {
            Exchange::Command { answer, .. } => match answer {
                CommandAnswer::Acknowledged { .. } => &self.answered,
                CommandAnswer::Refused { .. } => &self.refused,
                CommandAnswer::Unknown { .. } => &self.unknown,
            },
            Exchange::Read { answer } => match answer {
                ReadAnswer::Found { .. } | ReadAnswer::NotFound => &self.answered,
                ReadAnswer::Refused { .. } => &self.refused,
                ReadAnswer::Unknown { .. } => &self.unknown,
            },
            Exchange::Connect { answer } => match answer {
                ConnectAnswer::Answered => &self.answered,
                ConnectAnswer::Failed { .. } => &self.unknown,
            },
            Exchange::Write { answer, .. } => match answer {
                WriteAnswer::Acknowledged => &self.answered,
                WriteAnswer::Refused { .. } => &self.refused,
                WriteAnswer::Unknown { .. } => &self.unknown,
            },
        };
        counter.fetch_add(1, Relaxed);
        let last = match std::ptr::eq(counter, &self.answered) {
            true => &self.last_answered_us,
            false => &self.last_failed_us,
        };
        last.fetch_max(at_us, Relaxed);
    }
}
