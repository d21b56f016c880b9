//! The verdict: three values, the reasons, and the document that keeps them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::ArmEvidence;
use crate::journal::Summary;

/// Name and version of the verdict document.
pub const SCHEMA: &str = "rlab/verdict/v1";

/// What the evidence says of a claim. Ordered by weight: a merge takes the greatest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every claim was shown.
    Held,
    /// It could not be decided. Never a pass.
    Unknown,
    /// The evidence shows a claim false.
    Deviated,
}

impl Outcome {
    /// The outcome as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unknown => "unknown",
            Self::Deviated => "deviated",
        }
    }
}

/// An outcome and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// What the evidence says.
    pub outcome: Outcome,
    /// Why: what spoke for the outcome, and everything else that spoke against holding.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Both verdicts as one: deviated beats unknown beats held, and every reason is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.outcome = self.outcome.max(other.outcome);
        self.reasons.extend(other.reasons);
        self
    }
}

/// `verdict.json`: the verdict, what it was decided from, and the journal it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictDocument {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The drill's id.
    pub drill: String,
    /// The run's name.
    pub run: String,
    /// The profile it ran on.
    pub profile: String,
    /// When it was decided.
    #[schemars(with = "String")]
    pub decided_at: jiff::Timestamp,
    /// What was decided.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<String>,
    /// What was expected of each arm, and what was seen.
    pub arms: Vec<ArmEvidence>,
    /// The journal up to the decision.
    pub journal: Summary,
}

impl VerdictDocument {
    /// The document of a verdict decided now.
    #[must_use]
    pub fn new(
        drill: &str,
        run: &str,
        profile: &str,
        verdict: &Verdict,
        arms: Vec<ArmEvidence>,
        journal: Summary,
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            drill: drill.to_owned(),
            run: run.to_owned(),
            profile: profile.to_owned(),
            decided_at: jiff::Timestamp::now(),
            outcome: verdict.outcome,
            reasons: verdict.reasons.clone(),
            arms,
            journal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviated_beats_unknown_beats_held_whichever_comes_first() {
        use Outcome::{Deviated, Held, Unknown};
        let of = |outcome| Verdict {
            outcome,
            reasons: vec![format!("{outcome:?}")],
        };
        for (a, b, both) in [
            (Held, Held, Held),
            (Held, Unknown, Unknown),
            (Held, Deviated, Deviated),
            (Unknown, Unknown, Unknown),
            (Unknown, Deviated, Deviated),
            (Deviated, Deviated, Deviated),
        ] {
            assert_eq!(of(a).merge(of(b)).outcome, both);
            assert_eq!(of(b).merge(of(a)).outcome, both);
            assert_eq!(of(a).merge(of(b)).reasons.len(), 2);
        }
    }
}
