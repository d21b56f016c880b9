//! How a run is asked to end: first gently, then by force.

use tokio_util::sync::CancellationToken;

/// Asks a run to end. Clones ask the same run.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    gently: CancellationToken,
    now: CancellationToken,
}

impl Stop {
    /// A Ctrl-C. The first lets terraform end its current step and write the state; the second kills it
    /// and everything it started.
    pub fn interrupt(&self) {
        match self.gently.is_cancelled() {
            true => self.now.cancel(),
            false => self.gently.cancel(),
        }
    }

    /// Waits until the end is asked for.
    pub async fn gently(&self) {
        self.gently.cancelled().await;
    }

    pub(super) async fn now(&self) {
        self.now.cancelled().await;
    }
}

impl From<CancellationToken> for Stop {
    /// Ends gently when `token` is cancelled; only [`interrupt`](Stop::interrupt) can kill.
    fn from(token: CancellationToken) -> Self {
        Self {
            gently: token,
            now: CancellationToken::new(),
        }
    }
}
