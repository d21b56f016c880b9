//! Expected cost, its variance and quantiles, level by level.
//!
//! Let `T(i)` be the cost of the first passage from level i to i + 1. A try fails with probability
//! f = 1 - s, after which the way back costs R: nothing (keep), `T(i-1)` (drop) or all of
//! `T(0) … T(i-1)` (destroy). The number of failures M is geometric, so `T(i)` is the compound sum
//! of (M + 1) tries and M ways back:
//!
//! * E T = (c + f E R) / s
//! * Var T = (f / s) Var R + (f / s²) (c + E R)²
//!
//! Every term is positive, so nothing cancels: the relative error of both is a few roundings per
//! level. The third cumulant, of which only quantiles are made, follows the same way and may lose
//! digits. Passages of different levels are independent, so the cumulants of ways add up; they are
//! added with compensation.

use serde::Serialize;

use crate::quantile;
use crate::rules::{LevelRule, Rules};
use crate::sum::Sum;

/// Mean, variance and quantiles of a cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Expected value.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
    /// Median, by a gamma distribution of the same three first cumulants.
    pub p50: f64,
    /// 90th percentile, likewise.
    pub p90: f64,
    /// 99th percentile, likewise.
    pub p99: f64,
}

/// What one level is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelValue {
    /// The level, from 0.
    pub level: u32,
    /// Its rule.
    pub rule: LevelRule,
    /// Tries until the next level is first reached, those at lower levels included.
    pub expected_tries: f64,
    /// Cost until the next level is first reached.
    pub next: Spread,
    /// Cost of the way from level 0 to the next level.
    pub from_zero: Spread,
}

/// What all levels are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Valuation {
    /// Of the rules it was made from.
    pub fingerprint: String,
    /// By level.
    pub levels: Vec<LevelValue>,
}

/// Values `rules`. A number beyond what a double holds is infinite, and so is every later one.
pub fn evaluate(rules: &Rules) -> Valuation {
    let mut way = Way::default();
    let levels = (0_u32..)
        .zip(rules.levels())
        .map(|(level, rule)| way.climb(level, *rule))
        .collect();
    Valuation {
        fingerprint: rules.fingerprint().to_owned(),
        levels,
    }
}

/// What is known of the way climbed so far.
#[derive(Default)]
struct Way {
    /// Of the passage before.
    last: Passage,
    mean: Sum,
    variance: Sum,
    third: Sum,
    tries: Sum,
}

#[derive(Debug, Clone, Copy, Default)]
struct Passage {
    mean: f64,
    variance: f64,
    /// Third cumulant.
    third: f64,
    tries: f64,
}

impl Way {
    fn climb(&mut self, level: u32, rule: LevelRule) -> LevelValue {
        let passage = self.passage(&rule);
        self.mean.add(passage.mean);
        self.variance.add(passage.variance);
        self.third.add(passage.third);
        self.tries.add(passage.tries);
        self.last = passage;
        LevelValue {
            level,
            rule,
            expected_tries: passage.tries,
            next: spread(passage.mean, passage.variance, passage.third),
            from_zero: spread(self.mean.total(), self.variance.total(), self.third.total()),
        }
    }

    fn passage(&self, rule: &LevelRule) -> Passage {
        let back = rule.drop * self.last.mean + rule.destroy * self.mean.total();
        let tries = rule.drop * self.last.tries + rule.destroy * self.tries.total();
        let (s, failure) = (rule.success, rule.failure());
        let mut passage = Passage {
            mean: (rule.cost + back) / s,
            tries: (1.0 + tries) / s,
            ..Passage::default()
        };
        if failure > 0.0 {
            let (within, skewed) = self.way_back(rule, failure);
            // What each failure adds: the way back, and another try.
            let step = rule.cost + back / failure;
            let odds = failure / s;
            passage.variance = odds * (within + step * step / s);
            passage.third = odds
                * (skewed + 3.0 * step * within / s + (1.0 + failure) * step.powi(3) / (s * s));
        }
        passage
    }

    /// Variance and third cumulant of one way back: a mixture of none, one level and all levels.
    fn way_back(&self, rule: &LevelRule, failure: f64) -> (f64, f64) {
        let (keep, drop, destroy) = (
            rule.keep / failure,
            rule.drop / failure,
            rule.destroy / failure,
        );
        let (one, all) = (self.last.mean, self.mean.total());
        // The variance of three means, by pairs: no difference of large squares.
        let between = keep * drop * one * one
            + keep * destroy * all * all
            + drop * destroy * (all - one) * (all - one);
        let within = drop * self.last.variance + destroy * self.variance.total();
        let mean = drop * one + destroy * all;
        let parts = [
            (keep, 0.0, 0.0, 0.0),
            (drop, one, self.last.variance, self.last.third),
            (destroy, all, self.variance.total(), self.third.total()),
        ];
        let third = parts.iter().map(|(p, mu, variance, third)| {
            let off = mu - mean;
            p * (third + 3.0 * variance * off + off * off * off)
        });
        (within + between, third.collect::<Sum>().total())
    }
}

fn spread(mean: f64, variance: f64, third: f64) -> Spread {
    let quantile = |p| quantile::pearson3(p, mean, variance, third);
    Spread {
        mean,
        variance,
        p50: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
    }
}
