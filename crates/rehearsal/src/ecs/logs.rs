//! awslogs: what a task says, in its stream of CloudWatch Logs, in order and to the last line.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::definition::{Definition, Destination};
use super::emulator::{LOGS, Place, ask};
use crate::protocol::refusal::Refusal;
use crate::rehearsal::Rehearsal;

/// Most events of one request; see [`MAX_BYTES`]. Source: the CloudWatch Logs API reference, read in 2026-11.
const MAX_EVENTS: usize = 10_000;
/// Most bytes of one request, with [`OVERHEAD_BYTES`] for each event.
const MAX_BYTES: usize = 1_048_576;
const OVERHEAD_BYTES: usize = 26;
/// Longest event; a longer line is cut into several. Docker's awslogs driver cuts at the same length.
const MAX_EVENT_BYTES: usize = 262_144 - OVERHEAD_BYTES;
/// Lines that wait to be stored before whoever tells them waits too.
const WAITING: usize = 20_000;
/// How long until a request is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Where one task's lines go.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    place: Place,
    group: String,
    name: String,
}

impl Stream {
    /// The stream of a task, if its definition has one.
    pub(super) fn of(definition: &Definition, account: &str, task: &str) -> Option<Self> {
        let Destination { group, region, .. } = definition.logs.as_ref()?;
        Some(Self {
            place: Place {
                account: account.to_owned(),
                region: region.clone(),
            },
            group: group.clone(),
            name: definition.logs.as_ref()?.stream(&definition.name, task),
        })
    }

    fn question(&self) -> Value {
        json!({ "logGroupName": self.group, "logStreamName": self.name })
    }

    /// Makes the stream, unless it is there.
    pub(super) async fn make(&self, rehearsal: &Rehearsal) -> Result<(), Refusal> {
        let question = self.question();
        match ask(rehearsal, &self.place, LOGS, "CreateLogStream", &question).await {
            Err(refusal) if refusal.code != "ResourceAlreadyExistsException" => Err(refusal),
            _ => Ok(()),
        }
    }

    async fn put(&self, rehearsal: &Rehearsal, events: &[Value]) -> Result<(), Refusal> {
        let mut question = self.question();
        question["logEvents"] = json!(events);
        let answer = ask(rehearsal, &self.place, LOGS, "PutLogEvents", &question).await;
        answer.map(drop)
    }
}

/// A line with its time in milliseconds since 1970.
type Line = (i64, String);

/// Stores the lines of one task.
pub(super) struct Writer {
    lines: mpsc::Sender<Line>,
    storing: JoinHandle<Result<(), String>>,
    last_ms: i64,
}

impl Writer {
    pub(super) fn start(rehearsal: &Arc<Rehearsal>, stream: Stream) -> Self {
        let (lines, waiting) = mpsc::channel(WAITING);
        let rehearsal = Arc::clone(rehearsal);
        let storing = async move { store(&rehearsal, &stream, waiting).await };
        Self {
            lines,
            storing: tokio::spawn(storing),
            last_ms: 0,
        }
    }

    /// Takes a line. CloudWatch knows no empty events and wants times in order.
    pub(super) async fn say(&mut self, line: &str, at: Timestamp) {
        self.last_ms = self.last_ms.max(at.as_millisecond());
        for piece in pieces(line) {
            // Nobody stores any more only after it was given up, which is told at the end.
            let _ = self.lines.send((self.last_ms, piece.to_owned())).await;
        }
    }

    /// Returns when every line is stored, or says why not.
    pub(super) async fn finish(self) -> Option<String> {
        drop(self.lines);
        match self.storing.await {
            Ok(stored) => stored.err(),
            Err(error) => Some(error.to_string()),
        }
    }
}

/// Stores lines as they come; gives up when the emulator takes none for longer than the front's patience.
async fn store(
    rehearsal: &Rehearsal,
    stream: &Stream,
    mut waiting: mpsc::Receiver<Line>,
) -> Result<(), String> {
    let patience = rehearsal.config.patience;
    let mut next = None;
    // A replaced process can be quicker than anybody who would make its stream. What hinders this hinders
    // the first request too.
    let _ = stream.make(rehearsal).await;
    loop {
        let first = match next.take() {
            Some(line) => Some(line),
            None => waiting.recv().await,
        };
        let Some(first) = first else {
            return Ok(());
        };
        let mut batch = Batch::default();
        next = batch.add(first);
        while next.is_none()
            && let Ok(line) = waiting.try_recv()
        {
            next = batch.add(line);
        }
        let begun = Instant::now();
        while let Err(refusal) = stream.put(rehearsal, &batch.events).await {
            if begun.elapsed() > patience || rehearsal.stop.is_cancelled() {
                let (code, message) = (refusal.code, refusal.message);
                return Err(format!("its output was not stored: {code}: {message}"));
            }
            sleep(RETRY_AFTER).await;
        }
    }
}

/// Events of one request.
#[derive(Default)]
struct Batch {
    events: Vec<Value>,
    bytes: usize,
}

impl Batch {
    /// Takes a line, or gives it back when it is full.
    fn add(&mut self, (at, message): Line) -> Option<Line> {
        let bytes = self.bytes + message.len() + OVERHEAD_BYTES;
        if self.events.len() == MAX_EVENTS || bytes > MAX_BYTES {
            return Some((at, message));
        }
        self.bytes = bytes;
        self.events
            .push(json!({ "timestamp": at, "message": message }));
        None
    }
}

/// A line in pieces that are short enough for an event.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(MAX_EVENT_BYTES));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_line_is_cut_and_nothing_of_it_is_lost() {
        let line = format!("x{}", "é".repeat(MAX_EVENT_BYTES));
        let pieces: Vec<&str> = pieces(&line).collect();
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().all(|piece| piece.len() <= MAX_EVENT_BYTES));
        assert_eq!(pieces.concat(), line);
    }

    #[test]
    fn an_empty_line_is_no_event() {
        assert_eq!(pieces("").count(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn batches_stay_within_the_limits_and_hold_every_line(
            lengths in prop::collection::vec(1_usize..MAX_EVENT_BYTES, 1..40),
        ) {
            let (mut batches, mut batch) = (Vec::new(), Batch::default());
            for length in &lengths {
                if let Some(line) = batch.add((0, "x".repeat(*length))) {
                    batches.push(std::mem::take(&mut batch));
                    prop_assert_eq!(batch.add(line), None);
                }
            }
            batches.push(batch);
            let stored: usize = batches.iter().map(|batch| batch.events.len()).sum();
            prop_assert_eq!(stored, lengths.len());
            for batch in batches {
                let bytes: usize = batch
                    .events
                    .iter()
                    .map(|event| event["message"].as_str().unwrap().len() + OVERHEAD_BYTES)
                    .sum();
                prop_assert!(bytes <= MAX_BYTES && batch.events.len() <= MAX_EVENTS);
            }
        }
    }
}
