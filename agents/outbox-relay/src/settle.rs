//! Settling what Kafka has acknowledged.

use std::collections::BTreeMap;

use rlab_agent_kit::backoff::Backoff;
use rlab_store::outbox::{self, Acknowledged};
use rlab_store::relay_lease::Lease;
use rlab_store::{MySqlPool, StoreError};

/// Most rows in one statement.
const MOST_AT_ONCE: usize = 4_096;

/// Rows that Kafka has and MySQL does not know of yet.
#[derive(Debug, Default)]
pub struct ToSettle(BTreeMap<Lease, Vec<u64>>);

impl ToSettle {
    pub fn add(&mut self, lease: Lease, id: u64) {
        self.0.entry(lease).or_default().push(id);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As many rows as one statement takes.
    pub fn take(&mut self) -> Vec<Acknowledged> {
        let mut room = MOST_AT_ONCE;
        let mut taken = Vec::new();
        while room > 0
            && let Some(mut shard) = self.0.first_entry()
        {
            let ids = shard.get_mut();
            let rest = ids.split_off(room.min(ids.len()));
            let ids = std::mem::replace(ids, rest);
            room -= ids.len();
            let lease = *shard.key();
            if shard.get().is_empty() {
                shard.remove();
            }
            taken.push(Acknowledged { lease, ids });
        }
        taken
    }
}

/// What was settled.
pub struct Settled {
    pub rows: Vec<Acknowledged>,
    /// Leases that were over: their rows are as they were.
    pub lost: Vec<Lease>,
}

/// Tries until MySQL has it: what is acknowledged and not settled would be sent again.
pub async fn settle(pool: MySqlPool, rows: Vec<Acknowledged>) -> Settled {
    let mut backoff = Backoff::default();
    loop {
        match outbox::settle(&pool, &rows).await {
            Ok(lost) => return Settled { rows, lost },
            Err(StoreError::Contended(_)) => {}
            Err(error) => tracing::warn!(%error, "not settled yet"),
        }
        backoff.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_taken_once_and_no_statement_is_too_long() {
        let mut waiting = ToSettle::default();
        let lease = |shard| Lease { shard, epoch: 1 };
        for id in 0..10_000 {
            waiting.add(lease((id % 3) as u8), id);
        }
        let mut seen = Vec::new();
        while !waiting.is_empty() {
            let taken = waiting.take();
            let count: usize = taken.iter().map(|rows| rows.ids.len()).sum();
            assert!((1..=MOST_AT_ONCE).contains(&count), "{count}");
            for rows in taken {
                let shard = u64::from(rows.lease.shard);
                assert!(rows.ids.iter().all(|id| id % 3 == shard));
                seen.extend(rows.ids);
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..10_000).collect::<Vec<_>>());
    }
}
