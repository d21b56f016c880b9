//! The history of a load: every operation goes to disk as it completes, and none is dropped.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rlab_evidence::{JsonlError, JsonlWriter};
use rlab_ledger::Operation;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::LoadError;

/// Operations that may wait for the disk before clients are held back.
const WAITING: usize = 16_384;
/// Operations of this long are written at once: to wake for each would cost more than to write it.
const GATHER: Duration = Duration::from_millis(50);
/// A killed generator loses at most this much of its history.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// A thread that writes operations in the order they complete.
pub(super) struct HistoryThread(JoinHandle<Result<u64, LoadError>>);

impl HistoryThread {
    /// Starts writing to a new file; the history ends when every sender is gone.
    pub(super) fn start(path: &Path) -> Result<(mpsc::Sender<Operation>, Self), LoadError> {
        let writer = JsonlWriter::create(path)?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || run(receiver, writer));
        Ok((sender, Self(thread.map_err(LoadError::Thread)?)))
    }

    /// Waits until the last operation is on the disk; returns how many there are.
    pub(super) fn finish(self) -> Result<u64, LoadError> {
        match self.0.join() {
            Ok(written) => written,
            Err(panicked) => std::panic::resume_unwind(panicked),
        }
    }
}

fn run(
    operations: mpsc::Receiver<Operation>,
    writer: JsonlWriter<Operation>,
) -> Result<u64, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(LoadError::Thread)?;
    Ok(runtime.block_on(write(operations, writer))?)
}

async fn write(
    mut operations: mpsc::Receiver<Operation>,
    mut writer: JsonlWriter<Operation>,
) -> Result<u64, JsonlError> {
    let mut flushed = Instant::now();
    let mut batch = Vec::new();
    loop {
        match timeout(FLUSH_EVERY, operations.recv_many(&mut batch, WAITING)).await {
            Ok(0) => return writer.finish(),
            Ok(_) => {
                for operation in batch.drain(..) {
                    writer.write(&operation)?;
                }
            }
            Err(_idle) => {}
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            writer.flush()?;
            flushed = Instant::now();
        }
        sleep(GATHER).await;
    }
}
