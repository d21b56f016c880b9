//! How long a push puts up with a registry.

use std::time::Duration;

use rand::RngExt;

use super::failure::Failure;
use super::repository::Repository;
use super::{On, PushError, PushEvent, Step};

/// Bounds of every step of a push.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How often a step is tried.
    pub attempts: u32,
    /// The first wait is drawn from zero to this; the bound then doubles.
    pub first_wait: Duration,
    /// Where the bound stops growing.
    pub longest_wait: Duration,
    /// How long a connection may take to open.
    pub connect: Duration,
    /// How long a registry may be silent, or take nothing in.
    pub silence: Duration,
}

impl Default for Patience {
    /// Rides out a registry's restart: about a minute of waiting in all.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
        }
    }
}

/// The attempts at one step.
pub(super) struct Tries<'a> {
    patience: &'a Patience,
    step: Step,
    repository: &'a Repository,
    on: On<'a>,
    made: u32,
}

impl<'a> Tries<'a> {
    pub(super) fn new(
        patience: &'a Patience,
        step: Step,
        repository: &'a Repository,
        on: On<'a>,
    ) -> Self {
        Self {
            patience,
            step,
            repository,
            on,
            made: 0,
        }
    }

    /// Waits with full jitter before the next attempt.
    ///
    /// # Errors
    /// When `failure` is final, or there were enough attempts.
    pub(super) async fn wait_after(&mut self, failure: Failure) -> Result<(), PushError> {
        self.made += 1;
        let (why, connected) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { why, connected } => (why, connected),
        };
        let attempts = self.made;
        if attempts >= self.patience.attempts {
            return Err(if connected {
                PushError::Interrupted {
                    repository: self.repository.to_string(),
                    step: self.step,
                    attempts,
                    why,
                }
            } else {
                PushError::NoNetwork {
                    registry: self.repository.registry.clone(),
                    attempts,
                    why,
                }
            });
        }
        let wait = self.bound().mul_f64(rand::rng().random());
        (self.on)(PushEvent::Retrying {
            step: self.step,
            attempts,
            wait,
            why,
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn bound(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.made - 1);
        let bound = self.patience.first_wait.saturating_mul(doubled);
        bound.min(self.patience.longest_wait)
    }
}
