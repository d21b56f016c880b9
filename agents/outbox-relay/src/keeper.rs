//! Keeps this relay's fair share of the shard leases.
//!
//! A relay that is alone holds all shards. When another comes, each gives up what is beyond its fair
//! share, after what it has in flight is settled; when one dies, its leases run out and the others
//! take them.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use rlab_store::relay_lease::{Lease, SHARDS};
use rlab_store::{MySqlPool, StoreError, relay, relay_lease};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long a lease lasts unless it is renewed.
pub const TTL: Duration = Duration::from_secs(5);

/// How often a relay that could hold more looks whether a lease is free.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const RENEW_EVERY: Duration = Duration::from_millis(1500);

/// What happened to a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is ours now.
    Gained(Lease),
    /// It may be in other hands.
    Lost(Lease),
    /// Another relay waits for it: to be drained and handed back.
    Wanted(Lease),
}

/// The leases of this relay. Runs as a task of its own.
pub struct Keeper {
    pool: MySqlPool,
    holder: String,
    held: BTreeMap<Lease, Held>,
    /// Most leases to hold; unknown until MySQL has told how many relays there are.
    share: u8,
    changes: mpsc::UnboundedSender<Change>,
    drained: mpsc::UnboundedReceiver<Lease>,
    over: CancellationToken,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    /// Just before MySQL was asked, since MySQL counts from a later moment.
    renewed: Instant,
    wanted_back: bool,
}

impl Keeper {
    /// A keeper that tells `changes`, hears from `drained` which wanted leases are free to go, and ends
    /// with `over`.
    pub fn new(
        pool: MySqlPool,
        holder: &str,
        changes: mpsc::UnboundedSender<Change>,
        drained: mpsc::UnboundedReceiver<Lease>,
        over: CancellationToken,
    ) -> Self {
        Self {
            pool,
            holder: holder.to_owned(),
            held: BTreeMap::new(),
            share: 0,
            changes,
            drained,
            over,
        }
    }

    /// Keeps leases until told that it is over, then hands all of them back.
    pub async fn run(mut self) {
        // The first look of this process takes over leases in its own name: whoever left them is dead.
        let mut resume = true;
        let mut renew_at = Instant::now();
        while !self.over.is_cancelled() {
            if Instant::now() >= renew_at {
                self.renew().await;
                renew_at = Instant::now() + RENEW_EVERY;
            }
            self.drop_expired();
            if self.held.len() < usize::from(self.share) {
                resume = !self.acquire(resume).await && resume;
            }
            self.ask_back();
            let pause = LOOK_EVERY.min(self.left());
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                Some(lease) = self.drained.recv() => self.hand_back(lease).await,
                () = self.over.cancelled() => {}
            }
        }
        for lease in std::mem::take(&mut self.held).into_keys() {
            self.release(lease).await;
        }
        if let Err(error) = self.in_time(relay::leave(&self.pool, &self.holder)).await {
            tracing::warn!(%error, "relay not signed off; its place will run out");
        }
    }

    /// Signs on, learns the fair share, and prolongs what is held.
    async fn renew(&mut self) {
        match self
            .in_time(relay::attend(&self.pool, &self.holder, TTL))
            .await
        {
            Ok(relays) => self.share = share(relays),
            Err(error) => tracing::warn!(%error, "relay not signed on"),
        }
        let asked = Instant::now();
        let leases: Vec<Lease> = self.held.keys().copied().collect();
        match self
            .in_time(relay_lease::renew(&self.pool, &leases, TTL))
            .await
        {
            Ok(current) => {
                for lease in leases {
                    match self.held.get_mut(&lease) {
                        Some(held) if current.contains(&lease) => held.renewed = asked,
                        _ => self.lose(lease),
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "leases not renewed"),
        }
    }

    /// Takes what is free up to the fair share; whether MySQL answered.
    async fn acquire(&mut self, resume: bool) -> bool {
        let held = u8::try_from(self.held.len()).unwrap_or(u8::MAX);
        let most = self.share.saturating_sub(held);
        let asked = Instant::now();
        let taking = relay_lease::acquire(&self.pool, &self.holder, resume, most, TTL);
        match self.in_time(taking).await {
            Ok(taken) => {
                for lease in taken {
                    tracing::info!(lease.shard, lease.epoch, "lease taken");
                    let held = Held {
                        renewed: asked,
                        wanted_back: false,
                    };
                    self.held.insert(lease, held);
                    self.tell(Change::Gained(lease));
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "leases not taken");
                false
            }
        }
    }

    /// Asks the loop for what is beyond the fair share.
    fn ask_back(&mut self) {
        let kept = self.held.values().filter(|held| !held.wanted_back).count();
        let beyond = kept.saturating_sub(self.share.max(1).into());
        let wanted: Vec<Lease> = self
            .held
            .iter_mut()
            .rev()
            .filter(|(_, held)| !held.wanted_back)
            .take(beyond)
            .map(|(lease, held)| {
                held.wanted_back = true;
                *lease
            })
            .collect();
        for lease in wanted {
            self.tell(Change::Wanted(lease));
        }
    }

    async fn hand_back(&mut self, lease: Lease) {
        if self.held.remove(&lease).is_some() {
            self.release(lease).await;
        }
    }

    async fn release(&self, lease: Lease) {
        if let Err(error) = self.in_time(relay_lease::release(&self.pool, lease)).await {
            tracing::warn!(%error, lease.shard, "lease not released; it will run out");
        }
    }

    fn drop_expired(&mut self) {
        let expired: Vec<Lease> = self
            .held
            .iter()
            .filter(|(_, held)| left(held).is_zero())
            .map(|(lease, _)| *lease)
            .collect();
        for lease in expired {
            self.lose(lease);
        }
    }

    fn lose(&mut self, lease: Lease) {
        tracing::warn!(lease.shard, lease.epoch, "lease lost");
        self.held.remove(&lease);
        self.tell(Change::Lost(lease));
    }

    /// Time until the first lease runs out.
    fn left(&self) -> Duration {
        self.held.values().map(left).min().unwrap_or(TTL)
    }

    /// No answer of MySQL is waited for longer than leases last.
    async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let within = self.left().min(LOOK_EVERY * 4);
        match tokio::time::timeout(within, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unavailable(format!(
                "no answer within {} ms",
                within.as_millis()
            ))),
        }
    }

    /// Nobody listens any more once the loop has ended.
    fn tell(&self, change: Change) {
        let _ = self.changes.send(change);
    }
}

fn left(held: &Held) -> Duration {
    TTL.saturating_sub(held.renewed.elapsed())
}

/// Shards for each of `relays`, so that all are taken.
fn share(relays: u64) -> u8 {
    let share = u64::from(SHARDS).div_ceil(relays.max(1));
    u8::try_from(share).unwrap_or(SHARDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_store::connect::{open_pool, options_by_name};

    const LEASE: Lease = Lease { shard: 3, epoch: 1 };

    /// A keeper whose MySQL does not answer, holding one lease with `left` of its time.
    fn cut_off(left: Duration) -> (Keeper, mpsc::UnboundedReceiver<Change>) {
        let nowhere = options_by_name(("127.0.0.1", 1), "u", "p", None);
        let (changes, told) = mpsc::unbounded_channel();
        let (_, drained) = mpsc::unbounded_channel();
        let pool = open_pool(nowhere, 1);
        let mut keeper = Keeper::new(pool, "r", changes, drained, CancellationToken::new());
        let held = Held {
            renewed: Instant::now().checked_sub(TTL - left).unwrap(),
            wanted_back: false,
        };
        keeper.held.insert(LEASE, held);
        (keeper, told)
    }

    #[tokio::test]
    async fn a_lease_that_cannot_be_renewed_is_lost_when_its_time_is_up() {
        let (keeper, mut told) = cut_off(Duration::from_millis(300));
        let begun = Instant::now();
        let keeping = tokio::spawn(keeper.run());
        assert_eq!(told.recv().await, Some(Change::Lost(LEASE)));
        let waited = begun.elapsed();
        assert!(waited < RENEW_EVERY, "noticed after {waited:?} only");
        keeping.abort();
    }

    #[tokio::test]
    async fn what_is_beyond_the_fair_share_is_asked_back_once() {
        let (mut keeper, mut told) = cut_off(TTL);
        for shard in [0, 1, 5] {
            let held = keeper.held[&LEASE];
            keeper.held.insert(Lease { shard, epoch: 9 }, held);
        }
        keeper.share = 3;
        keeper.ask_back();
        keeper.ask_back();
        let back = Lease { shard: 5, epoch: 9 };
        assert_eq!(told.try_recv(), Ok(Change::Wanted(back)));
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn every_shard_belongs_to_somebody_however_many_relays_there_are() {
        for relays in 0..20 {
            let shares = u64::from(share(relays)) * relays.max(1);
            assert!(shares >= SHARDS.into(), "{relays} relays");
        }
        assert_eq!((share(1), share(2), share(4)), (6, 3, 2));
    }
}
