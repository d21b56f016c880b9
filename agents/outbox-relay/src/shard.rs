//! One shard that this relay holds: its producer, and what is in flight.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rlab_agent_kit::backoff::Backoff;
use rlab_store::outbox::Wanted;
use rlab_store::relay_lease::Lease;

use crate::producer::ShardProducer;

/// Rows in flight at most; bounds memory and what a failure repeats.
const MOST_IN_FLIGHT: usize = 4_096;
/// A read that brings less than this is not worth its statement while others are in flight.
const WORTH_READING: usize = MOST_IN_FLIGHT / 4;
/// Longer than a broker's failover, so that one dead broker fails no record.
const REPORT_WITHIN: Duration = Duration::from_secs(15);

/// A shard under one lease.
pub struct Shard {
    pub lease: Lease,
    /// Number of the present producer, or of the last one. Rows that were read for another one are not
    /// sent: what was in flight then is no longer.
    pub generation: u64,
    /// Another relay waits for it.
    pub wanted_back: bool,
    producer: Option<ShardProducer>,
    sent: HashSet<u64>,
    acknowledged: HashSet<u64>,
    progress: Instant,
    backoff: Backoff,
    again_at: Instant,
}

impl Shard {
    /// A shard without a producer yet.
    pub fn new(lease: Lease) -> Self {
        let now = Instant::now();
        Self {
            lease,
            generation: 0,
            wanted_back: false,
            producer: None,
            sent: HashSet::new(),
            acknowledged: HashSet::new(),
            progress: now,
            backoff: Backoff::default(),
            again_at: now,
        }
    }

    /// Whether it is time for a producer.
    pub fn needs_producer(&self) -> bool {
        self.producer.is_none() && !self.wanted_back && Instant::now() >= self.again_at
    }

    pub fn begin(&mut self, producer: ShardProducer, generation: u64) {
        self.producer = Some(producer);
        self.generation = generation;
        self.progress = Instant::now();
    }

    /// What to read next, if there is room.
    pub fn wants(&self) -> Option<Wanted> {
        let in_flight = self.in_flight();
        let room = MOST_IN_FLIGHT.saturating_sub(in_flight);
        let may = self.producer.is_some() && !self.wanted_back && room >= WORTH_READING;
        may.then_some(Wanted {
            shard: self.lease.shard,
            most: room,
            in_flight,
        })
    }

    pub fn producer(&self) -> Option<&ShardProducer> {
        self.producer.as_ref()
    }

    /// Notes that row `id` is with the producer.
    pub fn sent(&mut self, id: u64) {
        if self.sent.is_empty() {
            self.progress = Instant::now();
        }
        self.sent.insert(id);
    }

    /// Notes that Kafka has row `id`, whichever producer sent it.
    pub fn acknowledged(&mut self, id: u64) {
        self.sent.remove(&id);
        self.acknowledged.insert(id);
        self.progress = Instant::now();
        self.backoff.reset();
    }

    pub fn settled(&mut self, ids: &[u64]) {
        for id in ids {
            self.acknowledged.remove(id);
        }
    }

    /// Ends the producer, to be dropped by the caller. All that it had not delivered will be read
    /// again, after a while.
    pub fn fail(&mut self) -> Option<ShardProducer> {
        self.sent.clear();
        self.again_at = Instant::now() + self.backoff.next_wait();
        self.producer.take()
    }

    /// Whether no report came for so long that none will.
    pub fn overdue(&self) -> bool {
        !self.sent.is_empty() && self.progress.elapsed() > REPORT_WITHIN
    }

    pub fn in_flight(&self) -> usize {
        self.sent.len() + self.acknowledged.len()
    }

    /// Ids that must not be read again.
    pub fn ids_in_flight(&self) -> impl Iterator<Item = u64> + '_ {
        self.sent.union(&self.acknowledged).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_only_what_was_acknowledged_stays_in_flight() {
        let mut shard = Shard::new(Lease { shard: 1, epoch: 1 });
        for id in 1..=4 {
            shard.sent(id);
        }
        shard.acknowledged(2);
        assert!(shard.fail().is_none());
        assert_eq!(shard.ids_in_flight().collect::<Vec<_>>(), [2]);
        shard.settled(&[2]);
        assert_eq!(shard.in_flight(), 0);
        assert!(!shard.overdue());
    }
}
