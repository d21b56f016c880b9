//! What is told while a lab on AWS is made or taken down.

use std::time::Duration;

use rlab_aws::progress::Remaining;
use rlab_lab::UpEvent;

/// Something worth showing.
#[derive(Debug)]
pub enum CloudEvent {
    /// A step of the work begins.
    Step(&'static str),
    /// The servers of a rehearsal.
    Servers(UpEvent),
    /// An image is being packed.
    Packing {
        /// Which layer.
        layer: String,
        /// Bytes of all layers that are packed.
        bytes_done: u64,
        /// Of so many.
        bytes_total: u64,
    },
    /// terraform works.
    Working {
        /// Resources that are done.
        done: usize,
        /// Of how many.
        of: usize,
        /// What it is waiting for, the longest first.
        waiting_for: Vec<String>,
        /// Since the beginning of this run.
        elapsed: Duration,
        /// How long it still takes, as far as that is known.
        left: Option<Remaining>,
    },
    /// A line that stays.
    Note(String),
}

/// Is handed every event as it happens.
pub type OnCloud<'a> = &'a (dyn Fn(CloudEvent) + Send + Sync);
