//! Stopping in a written order, within a deadline.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time a whole drain may take.
pub const DEADLINE: Duration = Duration::from_secs(10);

const EXIT_ON_SECOND_SIGNAL: i32 = 143;

type Step = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Steps that the deadline left undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not drained within the deadline: {}", .0.join("; "))]
pub struct Unfinished(pub Vec<&'static str>);

/// The steps of a stop, in their order.
#[derive(Default)]
pub struct Drain {
    steps: Vec<(&'static str, Step)>,
}

impl Drain {
    /// Adds a step that runs after those added before.
    #[must_use]
    pub fn then(
        mut self,
        name: &'static str,
        step: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.steps.push((name, Box::pin(step)));
        self
    }

    /// Runs the steps until all are done or `deadline` has passed.
    ///
    /// # Errors
    /// [`Unfinished`] names the steps that were not finished, the running one first.
    pub async fn run(self, deadline: Duration) -> Result<(), Unfinished> {
        let end = Instant::now() + deadline;
        let mut steps = self.steps.into_iter();
        while let Some((name, step)) = steps.next() {
            tracing::info!(step = name, "draining");
            if tokio::time::timeout_at(end, step).await.is_err() {
                let mut left = vec![name];
                left.extend(steps.map(|(name, _)| name));
                return Err(Unfinished(left));
            }
        }
        Ok(())
    }
}

/// Cancels `stop` at the first SIGTERM or SIGINT; the second ends the process at once.
///
/// # Errors
/// When the handlers cannot be installed.
pub(crate) fn watch_signals(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping");
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("second signal: exiting at once");
        std::process::exit(EXIT_ON_SECOND_SIGNAL);
    });
    Ok(())
}

async fn either(a: &mut Signal, b: &mut Signal) {
    tokio::select! {
        _ = a.recv() => {}
        _ = b.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn steps_run_in_the_order_written() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = |n: u8| {
            let seen = Arc::clone(&seen);
            async move { seen.lock().unwrap().push(n) }
        };
        let drain = Drain::default().then("a", note(1)).then("b", note(2));
        assert_eq!(drain.run(DEADLINE).await, Ok(()));
        assert_eq!(*seen.lock().unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn at_the_deadline_what_is_left_is_named() {
        let drain = Drain::default()
            .then("done", async {})
            .then("stuck", std::future::pending())
            .then("never begun", async {});
        let Unfinished(left) = drain.run(Duration::ZERO).await.unwrap_err();
        assert_eq!(left, ["stuck", "never begun"]);
    }
}
