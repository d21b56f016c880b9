//! Single flight: whoever wants what is being made already waits for it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

type Flight<V> = Shared<BoxFuture<'static, Option<V>>>;

/// What is being made, by key.
pub struct Flights<K, V> {
    under_way: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The outcome of `work` for `key`, begun here or by another; whether it was another. None if it
    /// panicked. It goes on when all who wait for it go away.
    pub async fn join<W>(&self, key: K, work: W) -> (Option<V>, bool)
    where
        W: Future<Output = V> + Send + 'static,
    {
        let (flight, waits) = self.enter(key, work);
        (flight.await, waits)
    }

    fn enter<W>(&self, key: K, work: W) -> (Flight<V>, bool)
    where
        W: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&key) {
            return (flight.clone(), true);
        }
        let (all, own) = (Arc::clone(&self.under_way), key.clone());
        let running = tokio::spawn(work);
        // A task of its own ends the flight however the work ends.
        let landing = tokio::spawn(async move {
            let outcome = running.await.ok();
            let mut under_way = all.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.remove(&own);
            outcome
        });
        let flight = landing.map(|landed| landed.ok().flatten()).boxed().shared();
        under_way.insert(key, flight.clone());
        (flight, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_hundred_who_want_the_same_have_it_made_once() {
        let flights = Flights::<u8, usize>::default();
        let made = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Notify::new());
        let wanting = (0..100).map(|_| {
            let (made, gate) = (made.clone(), gate.clone());
            flights.join(1, async move {
                gate.notified().await;
                made.fetch_add(1, Ordering::SeqCst)
            })
        });
        let all = futures::future::join_all(wanting);
        let open = async {
            tokio::task::yield_now().await;
            gate.notify_one();
        };
        let (outcomes, ()) = tokio::join!(all, open);
        assert!(outcomes.iter().all(|(value, _)| *value == Some(0)));
        assert_eq!(outcomes.iter().filter(|(_, waited)| !waited).count(), 1);
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_panic_fails_those_who_wait_and_nobody_after_them() {
        let flights = Flights::<u8, u8>::default();
        let (outcome, _) = flights.join(1, async { panic!("on purpose") }).await;
        assert_eq!(outcome, None);
        assert_eq!(flights.join(1, async { 7 }).await, (Some(7), false));
    }

    #[tokio::test]
    async fn the_work_goes_on_when_who_began_it_goes_away() {
        let flights = Flights::<u8, u8>::default();
        let gate = Arc::new(Notify::new());
        let held = gate.clone();
        let (first, _) = flights.enter(1, async move {
            held.notified().await;
            7
        });
        drop(first);
        let (second, waits) = flights.enter(1, async { 8 });
        gate.notify_one();
        assert_eq!((second.await, waits), (Some(7), true));
    }
}
