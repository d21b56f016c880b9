//! The verdict as JUnit XML.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use super::{Report, words};
use crate::decision::{About, ArmEvidence, Finding, findings};
use crate::verdict::Outcome;

/// The whole document.
pub(crate) fn report(report: &Report) -> Xml {
    let mut suite = TestSuite::new(report.drill.as_str());
    let time = report.ended_at.duration_since(report.started_at);
    let time = Duration::try_from(time).unwrap_or_default();
    suite.timestamp = report.started_at.to_string().parse().ok();
    suite.set_time(time);
    for (name, value) in [
        ("title", report.title.clone()),
        ("run", report.run.clone()),
        ("profile", report.profile.clone()),
        ("seed", report.seed.to_string()),
    ] {
        suite.add_property((name, value.as_str()));
    }
    suite.add_test_case(verdict(report));
    let arms = report.arms.iter().map(|arm| &arm.evidence);
    for evidence in arms.chain(&report.between) {
        suite.add_test_cases(cases(report, evidence));
    }
    let mut xml = Xml::new("rlab-ops");
    xml.timestamp = suite.timestamp;
    xml.set_time(time);
    xml.add_test_suite(suite);
    xml
}

/// The outcome of the whole: what speaks against it need not belong to any arm.
fn verdict(report: &Report) -> TestCase {
    let reasons = report.verdict.reasons.join("\n");
    let said = words::verdict(report);
    let status = status(report.verdict.outcome, "verdict", &said, &reasons);
    let mut case = TestCase::new("verdict", status);
    case.set_classname(report.drill.as_str());
    case.set_system_out(reasons);
    case
}

fn cases(report: &Report, evidence: &ArmEvidence) -> Vec<TestCase> {
    let case = |finding: Finding| {
        let kind = finding.about.word();
        let status = match (finding.about, finding.outcome) {
            (About::Measured, Outcome::Held) => {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message(format!("measured, not judged: {}", finding.seen));
                skipped
            }
            (_, outcome) => {
                let against = finding.against.unwrap_or_default();
                status(outcome, kind, &against, &finding.seen)
            }
        };
        let mut case = TestCase::new(format!("{kind}: {}", finding.what), status);
        case.set_classname(format!("{}.{}", report.drill, evidence.name));
        case.set_system_out(finding.seen);
        case
    };
    findings(evidence).into_iter().map(case).collect()
}

fn status(outcome: Outcome, kind: &str, message: &str, description: &str) -> TestCaseStatus {
    let kind_of_trouble = match outcome {
        Outcome::Held => return TestCaseStatus::success(),
        Outcome::Deviated => NonSuccessKind::Failure,
        Outcome::Unknown => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind_of_trouble);
    status.set_type(kind);
    status.set_message(message);
    status.set_description(description);
    status
}
