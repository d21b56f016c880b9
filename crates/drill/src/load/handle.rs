//! A load under way, as the drill sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rlab_ledger::{CommandAnswer, Exchange, ReadAnswer};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::LoadError;

/// Counts of a load so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Questions sent.
    pub sent: u64,
    /// Answered properly: a command acknowledged, an item shown or known not to be there.
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
}

impl LoadHandle {
    /// The counts so far.
    #[must_use]
    pub fn progress(&self) -> LoadProgress {
        self.counters.read()
    }

    /// Whether everything was sent and answered (or given up), and the history written.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.thread.is_finished()
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

    pub(super) fn count(&self, exchange: &Exchange) {
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
        };
        counter.fetch_add(1, Relaxed);
    }
}
