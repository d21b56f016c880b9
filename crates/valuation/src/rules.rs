//! The rules of upgrading: what each level's try costs and how it may end.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// How far from 1 the probabilities of a level may add up.
const TOLERANCE: f64 = 1e-9;
/// Levels of [`Rules::of_item`].
const LEVELS: u32 = 500;

/// What one try at a level costs and how it may end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelRule {
    /// Probability of one level up, above 0.
    pub success: f64,
    /// Probability that nothing changes.
    pub keep: f64,
    /// Probability of one level down; level 0 stays.
    pub drop: f64,
    /// Probability of falling back to level 0.
    pub destroy: f64,
    /// Cost of the try, above 0.
    pub cost: f64,
}

/// Rules of every level from 0 to the last from which an upgrade is possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    levels: Vec<LevelRule>,
    fingerprint: String,
}

/// Why rules make no sense: every mistake in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct RulesError(pub Vec<String>);

impl Rules {
    /// Checks `levels`, of which there must be one at least.
    ///
    /// # Errors
    /// [`RulesError`] with every mistake.
    pub fn new(levels: Vec<LevelRule>) -> Result<Self, RulesError> {
        let mut mistakes = Vec::new();
        if levels.is_empty() {
            mistakes.push("there is no level".to_owned());
        }
        for (level, rule) in levels.iter().enumerate() {
            let found = rule.mistakes();
            mistakes.extend(found.into_iter().map(|m| format!("level {level}: {m}")));
        }
        match mistakes.is_empty() {
            true => Ok(Self {
                fingerprint: fingerprint(&levels),
                levels,
            }),
            false => Err(RulesError(mistakes)),
        }
    }

    /// The rules that `item` is under: the higher, the dearer and the less likely. How much dearer is
    /// each item's own.
    pub fn of_item(item: &str) -> Self {
        let digest = Sha256::digest(item.as_bytes());
        let dear = 1.0 + f64::from(digest[0]) / 256.0;
        let rule = |level: u32| {
            let height = f64::from(level) / f64::from(LEVELS);
            let success = 0.95 - 0.45 * height;
            let drop = 0.10 * height;
            let destroy = 0.002 * height;
            LevelRule {
                success,
                keep: 1.0 - success - drop - destroy,
                drop,
                destroy,
                cost: dear * f64::from(10 + 3 * level),
            }
        };
        let levels: Vec<LevelRule> = (0..LEVELS).map(rule).collect();
        Self {
            fingerprint: fingerprint(&levels),
            levels,
        }
    }

    /// The rules by level.
    pub fn levels(&self) -> &[LevelRule] {
        &self.levels
    }

    /// 16 hexadecimal digits that are other ones for other rules.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl LevelRule {
    /// Probability that a try does not succeed.
    pub(crate) fn failure(&self) -> f64 {
        self.keep + self.drop + self.destroy
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let named = [
            ("success", self.success),
            ("keep", self.keep),
            ("drop", self.drop),
            ("destroy", self.destroy),
        ];
        for (name, p) in named {
            if !(0.0..=1.0).contains(&p) {
                mistakes.push(format!("{name} is {p}, not within 0 to 1"));
            }
        }
        if self.success == 0.0 {
            mistakes.push("success is 0, so the next level is never reached".to_owned());
        }
        let sum = self.success + self.failure();
        if mistakes.is_empty() && (sum - 1.0).abs() > TOLERANCE {
            mistakes.push(format!("the probabilities add up to {sum}"));
        }
        if !(self.cost.is_finite() && self.cost > 0.0) {
            mistakes.push(format!("cost is {}, not above 0", self.cost));
        }
        mistakes
    }
}

fn fingerprint(levels: &[LevelRule]) -> String {
    let mut hash = Sha256::new();
    for rule in levels {
        for number in [rule.success, rule.keep, rule.drop, rule.destroy, rule.cost] {
            hash.update(number.to_le_bytes());
        }
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAIR: LevelRule = LevelRule {
        success: 0.5,
        keep: 0.3,
        drop: 0.15,
        destroy: 0.05,
        cost: 10.0,
    };

    #[test]
    fn every_mistake_is_named_with_its_level() {
        let rules = vec![
            FAIR,
            LevelRule { keep: 0.4, ..FAIR },
            LevelRule {
                success: 0.0,
                keep: 0.8,
                cost: 0.0,
                ..FAIR
            },
            LevelRule {
                drop: f64::NAN,
                destroy: -1.0,
                ..FAIR
            },
        ];
        let mistakes = Rules::new(rules).unwrap_err().0;
        let begins: Vec<&str> = mistakes.iter().map(|m| &m[..15]).collect();
        assert_eq!(begins.len(), 5, "{mistakes:?}");
        for (mistake, wanted) in mistakes.iter().zip([
            "level 1: the probabilities",
            "level 2: success is 0",
            "level 2: cost is 0",
            "level 3: drop is NaN",
            "level 3: destroy is -1",
        ]) {
            assert!(mistake.starts_with(wanted), "{mistake}");
        }
        assert!(Rules::new(Vec::new()).is_err());
    }

    #[test]
    fn an_items_rules_are_sound_and_other_rules_have_another_fingerprint() {
        let one = Rules::of_item("one");
        let again = Rules::new(one.levels().to_vec()).unwrap();
        assert_eq!(one, again);
        let mut levels = one.levels().to_vec();
        levels[3].cost += 1.0;
        let changed = Rules::new(levels).unwrap();
        assert_ne!(one.fingerprint(), changed.fingerprint());
        assert_ne!(one.fingerprint(), Rules::of_item("two").fingerprint());
    }
}
