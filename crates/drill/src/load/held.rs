//! How many clients are connected, and for how long not all of them were.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The clients of one load.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    clients: u64,
    connected: u64,
    /// When each connection was lost, in µs since the run's start.
    losses_us: Vec<u64>,
    /// When every client was connected, each time anew.
    whole_us: Vec<u64>,
}

impl Held {
    /// There will be so many clients.
    pub(super) fn expect(&self, clients: u64) {
        self.state().clients = clients;
    }

    pub(super) fn gained(&self, at_us: u64) {
        let mut state = self.state();
        state.connected += 1;
        if state.connected == state.clients {
            state.whole_us.push(at_us);
        }
    }

    pub(super) fn lost(&self, at_us: u64) {
        let mut state = self.state();
        state.connected -= 1;
        state.losses_us.push(at_us);
    }

    /// Clients that are connected now.
    pub(super) fn connected(&self) -> u64 {
        self.state().connected
    }

    /// Connections lost since `since_us`.
    pub(super) fn lost_since(&self, since_us: u64) -> u64 {
        let state = self.state();
        let lost = state.losses_us.iter().filter(|at_us| **at_us >= since_us);
        lost.count() as u64
    }

    /// From the first loss since `since_us` until every client was connected again, in µs; none without a
    /// loss, and while some are not.
    pub(super) fn outage_us(&self, since_us: u64) -> Option<u64> {
        let state = self.state();
        let lost = state.losses_us.iter().copied();
        let first = lost.filter(|at_us| *at_us >= since_us).min()?;
        let whole = state.whole_us.iter().find(|at_us| **at_us > first)?;
        Some(whole - first)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_from_the_first_loss_until_everyone_is_back() {
        let held = Held::default();
        held.expect(2);
        held.gained(10);
        held.gained(20);
        assert_eq!((held.connected(), held.outage_us(0)), (2, None));
        held.lost(100);
        held.lost(105);
        held.gained(130);
        assert_eq!((held.connected(), held.outage_us(50)), (1, None));
        held.gained(190);
        assert_eq!(held.outage_us(50), Some(90));
        assert_eq!((held.lost_since(50), held.lost_since(101)), (2, 1));
        assert_eq!(held.outage_us(200), None, "nothing was lost since");
    }
}
