//! Quantiles of a cost of which mean, variance and third cumulant are known.

use puruspe::invgammp;

/// The `p`-quantile of the gamma distribution, moved along, that has this mean, variance and third
/// cumulant (Pearson's type III).
///
/// Costs of an upgrade are compound geometric: exponential in the tail, which a gamma distribution
/// is too. How far the two are apart is measured in `tests/monte_carlo.rs`.
pub(crate) fn pearson3(p: f64, mean: f64, variance: f64, third: f64) -> f64 {
    let deviation = variance.sqrt();
    let skewness = third / (variance * deviation);
    // A cost that is certain; or so many passages that they are as good as symmetric.
    if !(skewness.is_finite() && skewness > 1e-6) {
        return mean;
    }
    let shape = 4.0 / (skewness * skewness);
    let begin = mean - 2.0 * deviation / skewness;
    begin + invgammp(p, shape) * deviation * skewness / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_cost_has_the_quantiles_of_its_closed_form() {
        for p in [0.5, 0.9, 0.99] {
            let expected = -f64::ln(1.0 - p) * 40.0;
            let found = pearson3(p, 40.0, 1_600.0, 2.0 * 64_000.0);
            assert!((found / expected - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_certain_cost_is_its_own_quantile() {
        assert_eq!(pearson3(0.99, 7.0, 0.0, 0.0), 7.0);
    }
}
