//! A choice that depends on a seed and on what there is, not on the order in which it is offered.

/// Keeps the candidate with the smallest seeded hash, so that the order of lines does not matter.
pub(super) struct Chosen<T> {
    seed: u64,
    best: Option<(u64, T)>,
}

impl<T> Chosen<T> {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, best: None }
    }

    pub(super) fn offer(&mut self, id: u128, candidate: impl FnOnce() -> T) {
        let (high, low) = ((id >> 64) as u64, id as u64);
        let rank = mix(mix(self.seed ^ high) ^ low);
        if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.best = Some((rank, candidate()));
        }
    }

    pub(super) fn best(self) -> Option<T> {
        self.best.map(|(_, candidate)| candidate)
    }
}

/// A fixed bijection of 64 bits with good avalanche (the finaliser of SplitMix64).
pub(super) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
