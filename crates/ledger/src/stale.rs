//! Which version of an aggregate its readers had been told, and since when.

/// Answers that were the newest of their aggregate when they came: later ones show newer versions.
/// Takes 16 bytes for each version that some read was the first to show.
#[derive(Debug, Default)]
pub(crate) struct Frontier(Vec<Told>);

/// The newest version that had been told by some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// When the answer was complete, in µs.
    pub(crate) at_us: u64,
    /// What it showed.
    pub(crate) version: u64,
}

impl Frontier {
    /// Takes in an answer; answers may come in any order.
    pub(crate) fn tell(&mut self, at_us: u64, version: u64) {
        let at = self.0.partition_point(|told| told.at_us <= at_us);
        if at > 0 && self.0[at - 1].version >= version {
            return;
        }
        let from = at - usize::from(at > 0 && self.0[at - 1].at_us == at_us);
        let overtaken = self.0[at..]
            .iter()
            .take_while(|told| told.version <= version)
            .count();
        self.0
            .splice(from..at + overtaken, [Told { at_us, version }]);
    }

    /// The newest version that had been told more than `bound_us` before `sent_us`.
    pub(crate) fn known(&self, sent_us: u64, bound_us: u64) -> Option<Told> {
        let by = sent_us.checked_sub(bound_us)?;
        let at = self.0.partition_point(|told| told.at_us < by);
        Some(self.0[at.checked_sub(1)?])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_frontier_knows_what_a_search_through_all_answers_would_find(
            answers in prop::collection::vec((0u64..50, 0u64..20), 0..40),
            sent in 0u64..60,
            bound in 0u64..10,
        ) {
            let mut frontier = Frontier::default();
            for (at_us, version) in &answers {
                frontier.tell(*at_us, *version);
            }
            let newest = answers
                .iter()
                .filter(|(at_us, _)| at_us + bound < sent)
                .map(|(_, version)| *version)
                .max();
            prop_assert_eq!(frontier.known(sent, bound).map(|told| told.version), newest);
            let rising = |pair: &[Told]| {
                pair[0].at_us < pair[1].at_us && pair[0].version < pair[1].version
            };
            prop_assert!(frontier.0.windows(2).all(rising));
        }
    }
}
