//! A histogram small enough to keep one for every second of a run.
//!
//! Histories are not in the order of time, so that no second is closed before the last line is
//! read. An `hdrhistogram` of two digits over the same range takes 26 KiB a second whatever it
//! holds. Here a second takes 8 bytes for each bucket that was hit: recorded drills with 200 to
//! 300 questions a second took 1.2 KiB on average and 2 KiB at most; 14 KiB are taken when every
//! bucket from 1 µs to an hour was hit.

/// Buckets in each doubling: each is 1/64 to 1/128 of its value wide, hence two digits.
const PER_DOUBLING: u64 = 64;
const FIRST_DOUBLING: u32 = PER_DOUBLING.ilog2();

/// Counts values in buckets of equal relative width; only hit buckets are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets {
    /// Bucket and count, by bucket.
    hit: Vec<(u16, u32)>,
    count: u64,
    max: u64,
}

impl Buckets {
    /// Counts one value.
    pub fn record(&mut self, value: u64) {
        self.count += 1;
        self.max = self.max.max(value);
        let bucket = bucket_of(value);
        match self
            .hit
            .binary_search_by_key(&bucket, |(bucket, _)| *bucket)
        {
            Ok(at) => self.hit[at].1 = self.hit[at].1.saturating_add(1),
            Err(at) => self.hit.insert(at, (bucket, 1)),
        }
    }

    /// The value that a part `quantile` (0 to 1) of all values does not exceed, at most 1/64 too
    /// high; none without values.
    pub fn quantile(&self, quantile: f64) -> Option<u64> {
        let wanted = ((self.count as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        self.hit.iter().find_map(|(bucket, count)| {
            seen += u64::from(*count);
            (seen >= wanted).then(|| highest_of(*bucket).min(self.max))
        })
    }

    /// The highest value, exactly; none without values.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }
}

/// Values below 64 have a bucket each; above, the leading seven bits tell the bucket.
fn bucket_of(value: u64) -> u16 {
    let shift = value.max(1).ilog2().saturating_sub(FIRST_DOUBLING);
    let bucket = u64::from(shift) * PER_DOUBLING + (value >> shift);
    bucket as u16
}

fn highest_of(bucket: u16) -> u64 {
    let shift = (u64::from(bucket) / PER_DOUBLING).saturating_sub(1);
    let lead = u128::from(u64::from(bucket) - shift * PER_DOUBLING);
    let next = (lead + 1) << shift;
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bucket_holds_its_values_and_is_narrow(value: u64) {
            let (bucket, highest) = (bucket_of(value), highest_of(bucket_of(value)));
            prop_assert!(highest >= value);
            prop_assert!(highest - value <= value / PER_DOUBLING);
            prop_assert_eq!(bucket_of(highest), bucket);
            prop_assert!(highest == u64::MAX || bucket_of(highest + 1) == bucket + 1);
        }

        #[test]
        fn a_quantile_is_that_of_the_sorted_values(
            mut values in prop::collection::vec(0u64..10_000_000, 1..300),
            quantile in 0.0f64..=1.0,
        ) {
            let mut buckets = Buckets::default();
            values.iter().for_each(|value| buckets.record(*value));
            values.sort_unstable();
            let rank = ((values.len() as f64 * quantile).ceil() as usize).max(1);
            let exact = values[rank - 1];
            let told = buckets.quantile(quantile).unwrap();
            prop_assert!(told >= exact && told - exact <= exact / PER_DOUBLING);
            prop_assert_eq!(buckets.max(), values.last().copied());
        }
    }

    #[test]
    fn nothing_recorded_has_no_quantile() {
        let buckets = Buckets::default();
        assert_eq!((buckets.quantile(0.5), buckets.max()), (None, None));
    }

    #[test]
    fn memory_grows_with_the_spread_of_values_and_not_with_their_number() {
        let mut steady = Buckets::default();
        (0..100_000u64).for_each(|n| steady.record(900 + n % 200));
        assert!(steady.hit.len() < 32, "{}", steady.hit.len());
        let mut spread = Buckets::default();
        (0..3_600_000_000u64)
            .step_by(997)
            .for_each(|us| spread.record(us));
        assert!(spread.hit.len() * size_of::<(u16, u32)>() <= 14 << 10);
    }
}
