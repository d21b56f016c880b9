//! The history of a load: every operation goes to disk as it completes, and none is dropped.

use std::path::Path;
use std::time::{Duration, Instant};

use rlab_evidence::{JsonlError, JsonlWriter};
use rlab_ledger::Operation;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Operations that may wait for the disk before clients are held back.
const WAITING: usize = 4_096;
/// A killed generator loses at most this much of its history.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// A task that writes operations in the order they complete.
pub(super) struct HistoryTask {
    task: JoinHandle<Result<u64, JsonlError>>,
}

impl HistoryTask {
    /// Starts writing to a new file; the history ends when every sender is gone.
    pub(super) fn start(path: &Path) -> Result<(mpsc::Sender<Operation>, Self), JsonlError> {
        let writer = JsonlWriter::create(path)?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let runtime = Handle::current();
        let task = tokio::task::spawn_blocking(move || write(&runtime, receiver, writer));
        Ok((sender, Self { task }))
    }

    /// Waits until the last operation is on the disk; returns how many there are.
    pub(super) async fn finish(self) -> Result<u64, JsonlError> {
        match self.task.await {
            Ok(written) => written,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}

fn write(
    runtime: &Handle,
    mut operations: mpsc::Receiver<Operation>,
    mut writer: JsonlWriter<Operation>,
) -> Result<u64, JsonlError> {
    let mut flushed = Instant::now();
    loop {
        match runtime.block_on(async { timeout(FLUSH_EVERY, operations.recv()).await }) {
            Ok(Some(operation)) => writer.write(&operation)?,
            Ok(None) => return writer.finish(),
            Err(_idle) => {}
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            writer.flush()?;
            flushed = Instant::now();
        }
    }
}
