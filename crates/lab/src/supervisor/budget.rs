//! The remaining kills of an armed crash point. It lives here because the process it kills cannot
//! remember it.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rlab_contract::agent_config::CrashRule;

use crate::protocol::CrashBudget;

/// A budget being spent.
pub struct Spending {
    budget: CrashBudget,
    draw: StdRng,
}

impl Spending {
    /// Starts to spend `budget`.
    pub fn new(budget: CrashBudget) -> Self {
        let draw = StdRng::seed_from_u64(budget.seed);
        Self { budget, draw }
    }

    /// Kills left.
    pub fn left(&self) -> u32 {
        self.budget.times
    }

    /// Takes one kill off.
    pub fn spend(&mut self) {
        self.budget.times = self.budget.times.saturating_sub(1);
    }

    /// The rule for the next start; `None` when the budget is spent.
    pub fn next_rule(&mut self) -> Option<CrashRule> {
        let CrashBudget {
            min_hits, max_hits, ..
        } = self.budget;
        (self.budget.times > 0).then(|| CrashRule {
            point: self.budget.point.clone(),
            after_hits: self.draw.random_range(min_hits..=max_hits.max(min_hits)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spending(seed: u64) -> Spending {
        Spending::new(CrashBudget {
            point: "after_commit".into(),
            times: 3,
            min_hits: 10,
            max_hits: 50,
            seed,
        })
    }

    fn drawn(seed: u64) -> Vec<u32> {
        let mut spending = spending(seed);
        std::iter::from_fn(|| {
            let rule = spending.next_rule()?;
            spending.spend();
            Some(rule.after_hits)
        })
        .collect()
    }

    #[test]
    fn a_budget_of_three_gives_three_rules_and_no_more() {
        assert_eq!(drawn(1).len(), 3);
    }

    #[test]
    fn the_same_seed_draws_the_same_hits_within_bounds() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        assert!(drawn(7).iter().all(|hits| (10..=50).contains(hits)));
    }
}
