//! Waiting between tries: full jitter, so that clients cut off together do not return together.

use std::time::Duration;

/// Waits that grow from `first` to `longest`, each drawn evenly between zero and its bound.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(2))
    }
}

impl Backoff {
    /// Bounds from `first`, doubling up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            tries: 0,
        }
    }

    /// How long to wait before the next try.
    pub fn next_wait(&mut self) -> Duration {
        let bound = self.bound();
        self.tries = self.tries.saturating_add(1);
        bound.mul_f64(rand::random::<f64>())
    }

    /// Waits before the next try.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_wait()).await;
    }

    /// Starts from the beginning after a success.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    fn bound(&self) -> Duration {
        let factor = 2_u32.saturating_pow(self.tries);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_longest_and_start_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(350));
        let mut bounds = Vec::new();
        for _ in 0..4 {
            let bound = backoff.bound();
            assert!(backoff.next_wait() <= bound);
            bounds.push(bound.as_millis());
        }
        assert_eq!(bounds, [100, 200, 350, 350]);
        backoff.reset();
        assert_eq!(backoff.bound().as_millis(), 100);
    }
}
