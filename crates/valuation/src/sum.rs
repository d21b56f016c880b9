//! Summation that does not lose small terms beside large ones.

/// A sum with Neumaier's compensation: its error does not grow with the number of terms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds `term`.
    pub fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    /// What was added so far.
    pub fn total(&self) -> f64 {
        self.sum + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        for term in terms {
            sum.add(term);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        let terms = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(terms.into_iter().collect::<Sum>().total(), 2.0);
        assert_eq!(terms.iter().sum::<f64>(), 0.0);
    }

    #[test]
    fn ten_million_tenths_are_a_million() {
        let terms = std::iter::repeat_n(0.1, 10_000_000);
        let naive: f64 = terms.clone().sum();
        let compensated = terms.collect::<Sum>().total();
        assert!((compensated - 1e6).abs() < 1e-8, "{compensated}");
        assert!((naive - 1e6).abs() > 1e-5, "{naive}");
    }
}
