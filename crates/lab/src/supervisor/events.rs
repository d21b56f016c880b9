//! The record of what happened to the nodes: in memory for drills, on disk for people.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use crate::error::LabError;
use crate::protocol::{LabEvent, NodeEvent};

/// Events kept in memory; older ones are on disk only.
const KEPT: usize = 10_000;

/// The record of one supervisor's life.
pub struct EventLog {
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    events: Vec<LabEvent>,
    sequence: u64,
}

impl EventLog {
    /// Appends to the file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, LabError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|e| LabError::io(path, e))?;
        Ok(Self {
            inner: Mutex::new(Inner {
                file,
                events: Vec::new(),
                sequence: 0,
            }),
        })
    }

    /// Records that `event` happened to `node` now.
    pub fn record(&self, node: &str, event: NodeEvent) {
        let mut inner = self.lock();
        inner.sequence += 1;
        let event = LabEvent {
            sequence: inner.sequence,
            at: now(),
            node: node.to_owned(),
            event,
        };
        tracing::info!(node, event = ?event.event, "node event");
        if let Ok(mut line) = serde_json::to_vec(&event) {
            line.push(b'\n');
            // A full disk must not stop supervision; the events in memory remain.
            if let Err(error) = inner.file.write_all(&line) {
                tracing::error!(%error, "event not written");
            }
        }
        if inner.events.len() == KEPT {
            inner.events.drain(..KEPT / 2);
        }
        inner.events.push(event);
    }

    /// Sequence of the newest event.
    pub fn newest(&self) -> u64 {
        self.lock().sequence
    }

    /// Events with a sequence above `after`.
    pub fn after(&self, after: u64) -> Vec<LabEvent> {
        let inner = self.lock();
        let from = inner.events.partition_point(|e| e.sequence <= after);
        inner.events[from..].to_vec()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The time now, RFC 3339 UTC with microseconds.
pub fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}
