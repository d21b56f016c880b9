//! The valuation against closed forms, and properties that any valuation has.

use proptest::prelude::*;
use rlab_valuation::{LevelRule, Rules, Valuation, evaluate};

fn rule(success: f64, drop: f64, destroy: f64, cost: f64) -> LevelRule {
    LevelRule {
        success,
        keep: 1.0 - success - drop - destroy,
        drop,
        destroy,
        cost,
    }
}

fn value(levels: Vec<LevelRule>) -> Valuation {
    evaluate(&Rules::new(levels).unwrap())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Success or keep: a geometric number of tries at the same price.
#[test]
fn without_setbacks_a_passage_is_geometric() {
    for p in [1.0, 0.9, 0.5, 0.01, 1e-6] {
        let next = value(vec![rule(p, 0.0, 0.0, 7.0)]).levels[0].next;
        assert!(close(next.mean, 7.0 / p));
        assert!(close(next.variance, 49.0 * (1.0 - p) / (p * p)), "{p}");
    }
}

/// Success or destroy, at one price and with one probability p: n successes in a row, of which the
/// expected number of tries is (p^-n - 1) / (1 - p) and the variance is known as well.
#[test]
fn destruction_alone_is_waiting_for_a_run_of_successes() {
    for p in [0.9_f64, 0.6, 0.3] {
        let levels = vec![rule(p, 0.0, 1.0 - p, 1.0); 12];
        let found = value(levels);
        for (n, level) in (1_i32..).zip(&found.levels) {
            let q = 1.0 - p;
            let runs = p.powi(n);
            let mean = (1.0 - runs) / (q * runs);
            let n_f = f64::from(n);
            let variance =
                (1.0 - (2.0 * n_f + 1.0) * q * runs - p.powi(2 * n + 1)) / (q * q * runs * runs);
            assert!(close(level.from_zero.mean, mean), "{p} {n}");
            let wrong = (level.from_zero.variance / variance - 1.0).abs();
            assert!(n == 1 || wrong < 1e-6, "{p} {n}: {wrong}");
        }
    }
}

/// Success or drop, at one price: a walk with a wall, `E(i) = (1 + q E(i-1)) / p`.
#[test]
fn dropping_alone_is_a_random_walk_with_a_wall() {
    let (p, q) = (0.6, 0.4);
    let found = value(vec![rule(p, q, 0.0, 1.0); 20]);
    for (i, level) in (0_i32..).zip(&found.levels) {
        let ratio: f64 = q / p;
        let expected = (1.0 - ratio.powi(i)) / (p - q) + ratio.powi(i) / p;
        assert!(close(level.next.mean, expected), "{i}");
        assert!(close(level.expected_tries, expected), "{i}");
    }
}

fn levels() -> impl Strategy<Value = Vec<LevelRule>> {
    let one = (0.05..1.0, 0.0..1.0, 0.0..1.0, 0.1..1e6).prop_map(|(success, a, b, cost)| {
        let rest = 1.0 - success;
        rule(success, rest * a * 0.5, rest * b * 0.1, cost)
    });
    prop::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn numbers_are_finite_positive_and_ordered(levels in levels()) {
        for level in value(levels).levels {
            for spread in [level.next, level.from_zero] {
                prop_assert!(spread.mean.is_finite() && spread.mean > 0.0);
                prop_assert!(spread.variance.is_finite() && spread.variance >= 0.0);
                prop_assert!(spread.p50 <= spread.p90 && spread.p90 <= spread.p99);
            }
            prop_assert!(level.next.mean >= level.rule.cost);
            prop_assert!(level.expected_tries >= 1.0);
        }
    }

    #[test]
    fn twice_the_price_is_twice_the_cost(levels in levels()) {
        let dearer = levels.iter().map(|l| LevelRule { cost: l.cost * 2.0, ..*l }).collect();
        for (one, two) in value(levels).levels.iter().zip(value(dearer).levels) {
            prop_assert!(close(two.from_zero.mean, 2.0 * one.from_zero.mean));
            prop_assert!(close(two.from_zero.variance, 4.0 * one.from_zero.variance));
            prop_assert!(close(two.expected_tries, one.expected_tries));
        }
    }

    #[test]
    fn a_better_chance_is_never_dearer(levels in levels(), at: prop::sample::Index) {
        let mut better = levels.clone();
        let chosen = at.index(better.len());
        let gain = better[chosen].keep / 2.0;
        better[chosen].success += gain;
        better[chosen].keep -= gain;
        let (worse, better) = (value(levels), value(better));
        let last = worse.levels.len() - 1;
        let (worse, better) = (worse.levels[last].from_zero, better.levels[last].from_zero);
        prop_assert!(better.mean <= worse.mean * (1.0 + 1e-12));
    }
}

#[test]
fn the_valuation_of_an_item_has_two_to_three_hundred_kilobytes() {
    let json = serde_json::to_vec(&evaluate(&Rules::of_item("item-1"))).unwrap();
    assert!((200_000..300_000).contains(&json.len()), "{}", json.len());
}
