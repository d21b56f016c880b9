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

/// What one piece of evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of evidence it is.
    pub about: About,
    /// The expectation as the runbook says it, or the control's name.
    pub what: String,
    /// The values it speaks of, or what the control altered.
    pub seen: String,
    /// What it says by itself.
    pub outcome: Outcome,
    /// The reason, if it speaks against holding.
    pub against: Option<String>,
}

/// What kind of evidence a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Whether the fault was there.
    Landed,
    /// Whether there was enough load.
    Traffic,
    /// What was expected of the arm.
    Expected,
    /// The same where the arm is only measured.
    Measured,
    /// Whether the judge can be believed.
    Control,
}

impl About {
    /// The kind as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::Traffic => "traffic",
            Self::Expected => "expected",
            Self::Measured => "measured",
            Self::Control => "control",
        }
    }
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
    let findings = findings(arm);
    Verdict {
        outcome: findings
            .iter()
            .map(|finding| finding.outcome)
            .max()
            .unwrap_or(Outcome::Held),
        reasons: findings.into_iter().filter_map(|f| f.against).collect(),
    }
}

/// What every single piece of an arm's evidence says, in the order of the evidence. The arm's
/// outcome is the heaviest of them.
#[must_use]
pub fn findings(arm: &ArmEvidence) -> Vec<Finding> {
    let expected = match arm.must {
        Must::Measure => About::Measured,
        Must::Hold | Must::ShowFailure => About::Expected,
    };
    let all = [
        (About::Landed, &arm.landed),
        (About::Traffic, &arm.traffic),
        (expected, &arm.expectations),
    ];
    let judged = all.into_iter().flat_map(|(about, list)| {
        let nothing = (about == About::Expected && list.is_empty()).then(|| asked_nothing(arm));
        let found = list.iter().map(move |e| judge(arm, about, e));
        nothing.into_iter().chain(found)
    });
    judged
        .chain(
            arm.controls
                .iter()
                .map(|control| seen_through(arm, control)),
        )
        .collect()
}

fn judge(arm: &ArmEvidence, about: About, expected: &Expectation) -> Finding {
    let (name, quoted) = (&arm.name, expected.quoted());
    let truth = is(expected.truth);
    let unknown = |against: String| (Outcome::Unknown, Some(against));
    let (outcome, against) = match (about, arm.must, expected.truth) {
        (_, _, Truth::True) | (About::Measured, _, Truth::False) => (Outcome::Held, None),
        (About::Landed, ..) => unknown(format!(
            "{name}: the fault was not shown to land: {quoted} {truth}"
        )),
        (About::Traffic, ..) => unknown(format!(
            "{name}: there was too little traffic to judge: {quoted} {truth}"
        )),
        (_, Must::Hold, Truth::False) => (
            Outcome::Deviated,
            Some(format!("{name}{BROKEN}{quoted} is false")),
        ),
        (_, _, Truth::False) => unknown(format!(
            "{name}: the wrong arm stayed silent, the drill had no power: {quoted} is false"
        )),
        (_, _, Truth::Unknown) => unknown(format!("{name}: no data for {quoted}")),
    };
    Finding {
        about,
        what: expected.text.clone(),
        seen: expected.values(),
        outcome,
        against,
    }
}

fn asked_nothing(arm: &ArmEvidence) -> Finding {
    Finding {
        about: About::Expected,
        what: "anything".to_owned(),
        seen: String::new(),
        outcome: Outcome::Unknown,
        against: Some(format!(
            "{}: nothing was expected of this arm, so nothing was shown",
            arm.name
        )),
    }
}

fn seen_through(arm: &ArmEvidence, control: &ControlOutcome) -> Finding {
    let missed = || {
        let ControlOutcome { name, detail, .. } = control;
        format!("{}: the judge missed {name}: {detail}", arm.name)
    };
    Finding {
        about: About::Control,
        what: control.name.clone(),
        seen: control.detail.clone(),
        outcome: match control.caught {
            true => Outcome::Held,
            false => Outcome::Unknown,
        },
        against: (!control.caught).then(missed),
    }
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
