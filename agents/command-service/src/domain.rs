//! What a command does to an item.

use rlab_contract::envelope::{MAX_LEVEL, Outcome};

/// Level of an item after an upgrade that ended in `outcome`.
pub fn level_after(level: u32, outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Success => level.saturating_add(1).min(MAX_LEVEL),
        Outcome::Keep => level,
        Outcome::Drop => level.saturating_sub(1),
        Outcome::Destroy => 0,
    }
}

/// Change from `before` to `after`.
pub fn level_delta(before: u32, after: u32) -> i32 {
    let delta = i64::from(after) - i64::from(before);
    i32::try_from(delta).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_move_as_the_outcome_says_and_stay_within_bounds() {
        assert_eq!(level_after(3, Outcome::Success), 4);
        assert_eq!(level_after(3, Outcome::Keep), 3);
        assert_eq!(level_after(3, Outcome::Drop), 2);
        assert_eq!(level_after(0, Outcome::Drop), 0);
        assert_eq!(level_after(7, Outcome::Destroy), 0);
        assert_eq!(level_after(MAX_LEVEL, Outcome::Success), MAX_LEVEL);
    }

    #[test]
    fn deltas_lead_from_level_to_level() {
        assert_eq!(level_delta(MAX_LEVEL, 0), -1_000_000_000);
        assert_eq!(level_delta(4, 5), 1);
    }
}
