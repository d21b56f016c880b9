//! Follows the lab's record of events.

use std::time::Duration;

use jiff::Timestamp;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::LabEvent;

/// How often the record is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Events from a moment on.
pub(super) struct Events {
    client: LabClient,
    seen: u64,
    waiting: std::vec::IntoIter<LabEvent>,
}

impl Events {
    /// All that the supervisor remembers, and what comes.
    pub(super) fn from_the_beginning(client: LabClient) -> Self {
        let (seen, waiting) = (0, Vec::new().into_iter());
        Self {
            client,
            seen,
            waiting,
        }
    }

    /// Only what comes.
    pub(super) async fn from_now(client: LabClient) -> Result<Self, rlab_lab::LabError> {
        let past = client.events(0).await?;
        Ok(Self {
            seen: past.last().map_or(0, |event| event.sequence),
            ..Self::from_the_beginning(client)
        })
    }

    /// The next event, once there is one.
    pub(super) async fn next(&mut self) -> Result<LabEvent, rlab_lab::LabError> {
        loop {
            if let Some(event) = self.waiting.next() {
                self.seen = event.sequence;
                return Ok(event);
            }
            let new = self.client.events(self.seen).await?;
            if new.is_empty() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            self.waiting = new.into_iter();
        }
    }
}

/// When it happened, by its record.
pub(super) fn at(event: &LabEvent) -> Timestamp {
    event.at.parse().unwrap_or_else(|_| Timestamp::now())
}
