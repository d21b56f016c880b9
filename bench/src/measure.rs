//! One figure measured several times, against its target.

use serde::Serialize;

/// Figures of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// What was measured.
    pub name: &'static str,
    /// Unit of every figure: `s` or `MB` (10⁶ bytes).
    pub unit: &'static str,
    /// The median should not be above this.
    pub target: f64,
    /// The middle figure; of an even number of them, the mean of the two in the middle.
    pub median: f64,
    /// The smallest figure.
    pub min: f64,
    /// The largest figure.
    pub max: f64,
    /// Whether the median met the target.
    pub met: bool,
    /// Every figure, in the order measured.
    pub figures: Vec<f64>,
}

impl Measure {
    /// Sums up `figures`, of which there is at least one.
    pub fn of(name: &'static str, unit: &'static str, target: f64, figures: Vec<f64>) -> Self {
        let mut sorted = figures.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        let median = f64::midpoint(low, high);
        Self {
            name,
            unit,
            target,
            median,
            min: sorted[0],
            max: sorted[sorted.len() - 1],
            met: median <= target,
            figures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let odd = Measure::of("up", "s", 3.0, vec![9.0, 1.0, 3.0]);
        assert_eq!((odd.median, odd.min, odd.max), (3.0, 1.0, 9.0));
        assert!(odd.met, "a target is met when reached exactly");
        let even = Measure::of("up", "s", 2.0, vec![4.0, 1.0, 2.0, 9.0]);
        assert_eq!(even.median, 3.0);
        assert!(!even.met);
    }

    #[test]
    fn figures_keep_the_order_in_which_they_were_measured() {
        let measure = Measure::of("down", "s", 5.0, vec![2.0, 1.0]);
        assert_eq!(measure.figures, [2.0, 1.0]);
    }
}
