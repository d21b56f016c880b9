//! The valuation against played games: means and variances within their standard error, and how far
//! the quantiles are off.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rlab_valuation::{LevelRule, Rules, evaluate};

const GAMES: usize = 40_000;
/// The gamma distribution is not the true one: its quantiles may be off by this part of the mean.
const QUANTILES_OFF: f64 = 0.05;

fn rules() -> Rules {
    let level = |n: u32| {
        let height = f64::from(n) / 10.0;
        LevelRule {
            success: 0.9 - 0.5 * height,
            keep: 0.1 + 0.38 * height,
            drop: 0.1 * height,
            destroy: 0.02 * height,
            cost: f64::from(10 + n),
        }
    };
    Rules::new((0..10).map(level).collect()).unwrap()
}

/// Costs of the way from level 0 to the last, played.
fn play(rules: &Rules, random: &mut StdRng) -> f64 {
    let levels = rules.levels();
    let (mut level, mut cost) = (0, 0.0);
    while let Some(rule) = levels.get(level) {
        cost += rule.cost;
        let draw: f64 = random.random();
        level = if draw < rule.success {
            level + 1
        } else if draw < rule.success + rule.drop {
            level.saturating_sub(1)
        } else if draw < rule.success + rule.drop + rule.destroy {
            0
        } else {
            level
        };
    }
    cost
}

#[test]
fn played_games_cost_what_is_expected() {
    let rules = rules();
    let found = evaluate(&rules).levels.last().unwrap().from_zero;
    let mut random = StdRng::seed_from_u64(20);
    let mut costs: Vec<f64> = (0..GAMES).map(|_| play(&rules, &mut random)).collect();
    costs.sort_by(f64::total_cmp);
    let n = GAMES as f64;
    let mean = costs.iter().sum::<f64>() / n;
    let moment = |k: i32| costs.iter().map(|c| (c - mean).powi(k)).sum::<f64>() / n;
    let (variance, fourth) = (moment(2), moment(4));
    let off = (mean - found.mean).abs() / (variance / n).sqrt();
    assert!(off < 5.0, "mean off by {off} standard errors");
    let off = (variance - found.variance).abs() / ((fourth - variance * variance) / n).sqrt();
    assert!(off < 5.0, "variance off by {off} standard errors");
    for (p, quantile) in [(0.5, found.p50), (0.9, found.p90), (0.99, found.p99)] {
        let played = costs[(p * n) as usize];
        let off = (quantile - played).abs() / mean;
        assert!(
            off < QUANTILES_OFF,
            "p{p}: {quantile} against {played}, off by {off}"
        );
    }
}
