//! The longest time in which nobody was answered properly: an outage by the client's clock.

use rlab_ledger::Window;

/// Takes in the times of proper answers, each at least as late as the last but for the few that were on
/// their way together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Silence {
    /// The first µs within and the first after; none for the time between the first and the last answer.
    within: Option<(u64, u64)>,
    last_us: Option<u64>,
    longest_us: u64,
}

impl Silence {
    /// Within `window`, its edges included: what was silent already when it began counts from there.
    pub(crate) fn within(window: &Window) -> Self {
        Self {
            within: Some((window.from_us, window.to_us)),
            last_us: Some(window.from_us),
            longest_us: 0,
        }
    }

    /// Somebody was answered at this time.
    pub(crate) fn broken(&mut self, at_us: u64) {
        if self
            .within
            .is_some_and(|(from_us, to_us)| at_us < from_us || at_us >= to_us)
        {
            return;
        }
        let last_us = self.last_us.unwrap_or(at_us);
        self.longest_us = self.longest_us.max(at_us.saturating_sub(last_us));
        self.last_us = Some(last_us.max(at_us));
    }

    /// The longest time so far, in µs.
    pub(crate) fn longest_us(&self) -> Option<u64> {
        let last_us = self.last_us?;
        let end_us = self.within.map_or(last_us, |(_, to_us)| to_us);
        Some(self.longest_us.max(end_us.saturating_sub(last_us)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(mut silence: Silence, answers: &[u64]) -> Option<u64> {
        for at_us in answers {
            silence.broken(*at_us);
        }
        silence.longest_us()
    }

    #[test]
    fn silence_counts_from_the_windows_edges_and_between_answers_within_it() {
        let within = || {
            Silence::within(&Window {
                name: "out".into(),
                from_us: 100,
                to_us: 200,
            })
        };
        assert_eq!(longest(within(), &[]), Some(100));
        assert_eq!(longest(within(), &[50, 130, 140, 250]), Some(60));
        assert_eq!(longest(within(), &[110, 170, 195]), Some(60));
        assert_eq!(longest(within(), &[150, 110, 160]), Some(50));
        assert_eq!(longest(Silence::default(), &[]), None);
        assert_eq!(longest(Silence::default(), &[500, 520, 560]), Some(40));
    }
}
