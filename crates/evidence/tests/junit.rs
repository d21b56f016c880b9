//! A build server is green for a drill that held, and for no other.

mod scene;

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus};
use rlab_evidence::report::Report;
use rlab_evidence::{ArmEvidence, Must, Outcome, Truth, Verdict, decide};
use scene::{expectation, report};

fn parsed(report: &Report) -> Xml {
    Xml::deserialize_from_str(&report.junit().unwrap()).unwrap()
}

type Spoiler = fn(&mut ArmEvidence);

/// The report of the drill decided again, after `change` of an arm's evidence.
fn changed(arm: usize, change: impl FnOnce(&mut ArmEvidence)) -> Report {
    let mut report = report();
    change(&mut report.arms[arm].evidence);
    let evidence: Vec<ArmEvidence> = report.arms.iter().map(|a| a.evidence.clone()).collect();
    report.verdict = decide(&evidence);
    report
}

fn case<'a>(xml: &'a Xml, class: &str, name: &str) -> &'a TestCase {
    let cases = &xml.test_suites[0].test_cases;
    let is_it = |case: &&TestCase| {
        case.name.as_str() == name && case.classname.as_ref().is_some_and(|c| c.as_str() == class)
    };
    cases
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{cases:#?}"))
}

fn kind(case: &TestCase) -> Option<NonSuccessKind> {
    match &case.status {
        TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
        _ => None,
    }
}

#[test]
fn a_held_drill_is_all_green_and_says_where_it_comes_from() {
    let text = report().junit().unwrap();
    insta::assert_snapshot!(text);
    let xml = Xml::deserialize_from_str(&text).unwrap();
    assert_eq!((xml.tests, xml.failures, xml.errors), (10, 0, 0));
    let suite = &xml.test_suites[0];
    assert_eq!(suite.time.unwrap().as_secs(), 60);
    let properties = suite.properties.iter();
    let properties: Vec<_> = properties
        .map(|p| (p.name.as_str(), p.value.as_str()))
        .collect();
    assert!(properties.contains(&("seed", "42")), "{properties:?}");
    assert!(properties.contains(&("profile", "local")), "{properties:?}");
}

#[test]
fn a_claim_shown_false_is_a_failure() {
    let report = changed(1, |arm| arm.expectations[0].truth = Truth::False);
    let xml = parsed(&report);
    assert_eq!((xml.failures, xml.errors), (2, 0));
    let broken = case(&xml, "E-002.outbox", "expected: ledger.lost == 0");
    assert_eq!(kind(broken), Some(NonSuccessKind::Failure));
    assert_eq!(
        kind(case(&xml, "E-002", "verdict")),
        Some(NonSuccessKind::Failure)
    );
}

#[test]
fn whatever_could_not_be_decided_is_an_error_and_never_a_pass() {
    let spoilers: [(usize, Spoiler, &str); 6] = [
        (
            0,
            |arm| arm.landed[0].truth = Truth::False,
            "landed: crashes@crashes == 5",
        ),
        (
            0,
            |arm| arm.traffic[0].truth = Truth::Unknown,
            "traffic: orders.obligations >= commands / 2",
        ),
        (
            0,
            |arm| arm.expectations[0].truth = Truth::False,
            "expected: ledger.lost > 0",
        ),
        (
            1,
            |arm| arm.expectations[0].truth = Truth::Unknown,
            "expected: ledger.lost == 0",
        ),
        (1, |arm| arm.expectations.clear(), "expected: anything"),
        (
            1,
            |arm| arm.controls[0].caught = false,
            "control: drop_one_event",
        ),
    ];
    for (arm, spoil, name) in spoilers {
        let xml = parsed(&changed(arm, spoil));
        let class = ["E-002.direct", "E-002.outbox"][arm];
        assert_eq!(
            kind(case(&xml, class, name)),
            Some(NonSuccessKind::Error),
            "{name}"
        );
        assert_eq!(
            kind(case(&xml, "E-002", "verdict")),
            Some(NonSuccessKind::Error),
            "{name}"
        );
        assert_eq!((xml.failures, xml.errors), (0, 2), "{name}");
    }
}

#[test]
fn what_no_arm_shows_is_an_error_of_the_verdict() {
    let mut report = report();
    report.verdict = report.verdict.merge(Verdict {
        outcome: Outcome::Unknown,
        reasons: vec!["arms that were not run: guarded".into()],
    });
    let xml = parsed(&report);
    assert_eq!((xml.failures, xml.errors), (0, 1));
    report.arms.clear();
    assert_eq!(parsed(&report).errors, 1);
}

#[test]
fn a_measured_value_is_skipped_and_one_without_data_is_an_error() {
    let measured = |truth| {
        changed(0, |arm| {
            arm.must = Must::Measure;
            arm.expectations = vec![expectation("p99 < 5", truth, &[("p99", "7")])];
        })
    };
    let xml = parsed(&measured(Truth::False));
    let value = case(&xml, "E-002.direct", "measured: p99 < 5");
    assert!(
        matches!(value.status, TestCaseStatus::Skipped { .. }),
        "{value:?}"
    );
    assert_eq!((xml.failures, xml.errors), (0, 0));
    assert_eq!(parsed(&measured(Truth::Unknown)).errors, 2);
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "]]></failure><testcase name=\"x\"/>\u{0}\u{1b}[31m & \"";
    let report = changed(1, |arm| {
        arm.expectations[0] = expectation(hostile, Truth::False, &[(hostile, hostile)]);
    });
    let xml = parsed(&report);
    assert_eq!(xml.test_suites[0].test_cases.len(), 10);
    assert_eq!(xml.failures, 2);
}
