//! From evaluated expectations to a verdict.
//!
//! | what | seen | speaks for |
//! |---|---|---|
//! | landed, traffic | not true | unknown: the fault or the load was not there |
//! | arm that must hold | expectation false | deviated |
//! | arm that must hold | expectation unknown | unknown |
//! | arm that must show the failure | expectation false or unknown | unknown: no power |
//! | arm that only measures | expectation unknown | unknown: nothing was measured |
//! | arm that must hold or show the failure | no expectation | unknown: nothing was asked |
//! | control | not caught | unknown: the judge is blind |
//!
//! The heaviest word wins: deviated, then unknown, then held. A loss in the arm that must hold
//! stays a loss even where some fault did not land.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::{Outcome, Verdict};

/// What an arm is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// The wrong arm: it must show the failure, or the drill had no power.
    ShowFailure,
    /// The right arm: every expectation must be true.
    Hold,
    /// Its values are reported, not judged.
    Measure,
}

/// Whether an expectation was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It was.
    True,
    /// It was not.
    False,
    /// There was no data to tell.
    Unknown,
}

/// An evaluated expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// As the runbook says it.
    pub text: String,
    /// Whether it was met.
    pub truth: Truth,
    /// The values it speaks of, as printed; "no data" where there was none.
    pub seen: Vec<(String, String)>,
}

/// Whether the judge noticed one mutation of the recorded snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlOutcome {
    /// The control's name.
    pub name: String,
    /// Whether the right event was named under the right anomaly.
    pub caught: bool,
    /// What was mutated, or why nothing could be.
    pub detail: String,
}

/// All that is decided upon for one arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArmEvidence {
    /// The arm's name.
    pub name: String,
    /// What it is there for.
    pub must: Must,
    /// Whether the faults were there.
    pub landed: Vec<Expectation>,
    /// Whether there was enough load to judge.
    pub traffic: Vec<Expectation>,
    /// What was expected of the arm.
    pub expectations: Vec<Expectation>,
    /// Whether the judge can be believed.
    pub controls: Vec<ControlOutcome>,
}

impl Must {
    /// The word a runbook uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ShowFailure => "show_failure",
            Self::Hold => "hold",
            Self::Measure => "measure",
        }
    }
}

impl Expectation {
    /// The values as `name = value, …`.
    #[must_use]
    pub fn values(&self) -> String {
        let values: Vec<String> = self
            .seen
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        values.join(", ")
    }

    fn quoted(&self) -> String {
        let Self { text, seen, .. } = self;
        if seen.is_empty() {
            format!("`{text}`")
        } else {
            format!("`{text}` ({})", self.values())
        }
    }
}

/// Decides a drill from the evidence of its arms.
#[must_use]
pub fn decide(arms: &[ArmEvidence]) -> Verdict {
    if arms.is_empty() {
        return Verdict {
            outcome: Outcome::Unknown,
            reasons: vec!["no arm was run".to_owned()],
        };
    }
    let mut verdict = Verdict {
        outcome: Outcome::Held,
        reasons: Vec::new(),
    };
    for arm in arms {
        verdict = verdict.merge(decide_arm(arm));
    }
    // The heaviest reasons first; for a drill that held, what was shown.
    if verdict.outcome == Outcome::Deviated {
        verdict
            .reasons
            .sort_by_key(|reason| !reason.contains(BROKEN));
    } else if verdict.outcome == Outcome::Held {
        verdict.reasons = arms.iter().flat_map(shown).collect();
    }
    verdict
}

const BROKEN: &str = " must hold, but ";

fn decide_arm(arm: &ArmEvidence) -> Verdict {
    let mut verdict = Verdict {
        outcome: Outcome::Held,
        reasons: Vec::new(),
    };
    let name = &arm.name;
    let mut speak = |outcome: Outcome, reason: String| {
        verdict.outcome = verdict.outcome.max(outcome);
        verdict.reasons.push(reason);
    };
    for (list, what) in [
        (&arm.landed, "the fault was not shown to land"),
        (&arm.traffic, "there was too little traffic to judge"),
    ] {
        for expected in list.iter().filter(|e| e.truth != Truth::True) {
            let truth = is(expected.truth);
            speak(
                Outcome::Unknown,
                format!("{name}: {what}: {} {truth}", expected.quoted()),
            );
        }
    }
    if arm.expectations.is_empty() && arm.must != Must::Measure {
        speak(
            Outcome::Unknown,
            format!("{name}: nothing was expected of this arm, so nothing was shown"),
        );
    }
    for expected in &arm.expectations {
        let quoted = expected.quoted();
        match (arm.must, expected.truth) {
            (_, Truth::True) | (Must::Measure, Truth::False) => {}
            (Must::Hold, Truth::False) => {
                speak(
                    Outcome::Deviated,
                    format!("{name}{BROKEN}{quoted} is false"),
                );
            }
            (Must::ShowFailure, Truth::False) => speak(
                Outcome::Unknown,
                format!(
                    "{name}: the wrong arm stayed silent, the drill had no power: {quoted} is false"
                ),
            ),
            (_, Truth::Unknown) => {
                speak(Outcome::Unknown, format!("{name}: no data for {quoted}"));
            }
        }
    }
    for control in arm.controls.iter().filter(|control| !control.caught) {
        speak(
            Outcome::Unknown,
            format!(
                "{name}: the judge missed {}: {}",
                control.name, control.detail
            ),
        );
    }
    verdict
}

fn shown(arm: &ArmEvidence) -> Vec<String> {
    let verb = match arm.must {
        Must::Hold => "held",
        Must::ShowFailure => "showed the failure",
        Must::Measure => return Vec::new(),
    };
    arm.expectations
        .iter()
        .map(|expected| format!("{} {verb}: {}", arm.name, expected.quoted()))
        .collect()
}

fn is(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "is true",
        Truth::False => "is false",
        Truth::Unknown => "has no data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTHS: [Truth; 3] = [Truth::True, Truth::False, Truth::Unknown];

    fn expectation(truth: Truth) -> Expectation {
        Expectation {
            text: "ledger.lost == 0".into(),
            truth,
            seen: vec![("ledger.lost".into(), "3".into())],
        }
    }

    fn arm(must: Must, landed: Truth, traffic: Truth, seen: Truth, caught: bool) -> ArmEvidence {
        ArmEvidence {
            name: "outbox".into(),
            must,
            landed: vec![expectation(landed)],
            traffic: vec![expectation(traffic)],
            expectations: vec![expectation(seen)],
            controls: vec![ControlOutcome {
                name: "drop_one_event".into(),
                caught,
                detail: "event 7 dropped".into(),
            }],
        }
    }

    /// The table of the module's documentation, told once more in the plainest way.
    fn by_the_table(
        must: Must,
        landed: Truth,
        traffic: Truth,
        seen: Truth,
        caught: bool,
    ) -> Outcome {
        if must == Must::Hold && seen == Truth::False {
            return Outcome::Deviated;
        }
        let clear = landed == Truth::True && traffic == Truth::True && caught;
        let met = seen == Truth::True || (must == Must::Measure && seen == Truth::False);
        if clear && met {
            Outcome::Held
        } else {
            Outcome::Unknown
        }
    }

    #[test]
    fn every_row_of_the_decision_table_holds() {
        let mut rows = 0;
        for must in [Must::ShowFailure, Must::Hold, Must::Measure] {
            for landed in TRUTHS {
                for traffic in TRUTHS {
                    for seen in TRUTHS {
                        for caught in [true, false] {
                            let verdict = decide(&[arm(must, landed, traffic, seen, caught)]);
                            let expected = by_the_table(must, landed, traffic, seen, caught);
                            assert_eq!(verdict.outcome, expected, "{verdict:?}");
                            let silent = must == Must::Measure && expected == Outcome::Held;
                            assert_eq!(verdict.reasons.is_empty(), silent, "{verdict:?}");
                            rows += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(rows, 162);
    }

    #[test]
    fn a_deviation_in_one_arm_outweighs_a_silent_wrong_arm() {
        use Truth::{False, True};
        let verdict = decide(&[
            arm(Must::ShowFailure, True, True, False, true),
            arm(Must::Hold, True, True, False, true),
        ]);
        assert_eq!(verdict.outcome, Outcome::Deviated);
        assert_eq!(
            verdict.reasons,
            [
                "outbox must hold, but `ledger.lost == 0` (ledger.lost = 3) is false",
                "outbox: the wrong arm stayed silent, the drill had no power: \
                 `ledger.lost == 0` (ledger.lost = 3) is false",
            ]
        );
    }

    #[test]
    fn a_drill_without_arms_or_expectations_shows_nothing() {
        assert_eq!(decide(&[]).outcome, Outcome::Unknown);
        let mut empty = arm(Must::Hold, Truth::True, Truth::True, Truth::True, true);
        empty.expectations.clear();
        assert_eq!(decide(&[empty]).outcome, Outcome::Unknown);
    }
}
