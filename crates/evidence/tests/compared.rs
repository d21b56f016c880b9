//! What arms and cases are held against each other by, in every kind of report.

mod scene;

use quick_junit::{NonSuccessKind, Report as Xml, TestCaseStatus};
use rlab_evidence::report::{Report, TableReport, TableRow};
use rlab_evidence::{ArmEvidence, Outcome, Truth, decide};
use scene::{matrix, report};

/// A section of a text, by its heading.
fn section<'a>(text: &'a str, heading: &str, next: &str) -> &'a str {
    let from = text.find(heading).unwrap_or_else(|| panic!("{text}"));
    let to = text[from..].find(next).unwrap_or_else(|| panic!("{text}"));
    &text[from..from + to]
}

/// The report with its first comparison found so.
fn compared(truth: Truth) -> Report {
    let mut report = report();
    report.between[0].expectations[0].truth = truth;
    let arms = report.arms.iter().map(|arm| &arm.evidence);
    let evidence: Vec<ArmEvidence> = arms.chain(&report.between).cloned().collect();
    report.verdict = decide(&evidence);
    report
}

#[test]
fn comparisons_and_the_table_read_as_written() {
    let text = matrix(2, &[]).markdown().unwrap();
    insta::assert_snapshot!(section(&text, "## Between arms", "## Arm "));
}

#[test]
fn comparisons_and_the_table_are_laid_out_as_before() {
    let page = matrix(2, &[]).html().unwrap();
    let page = section(&page, "<section id=\"between\"", "<section id=\"arm-0\"");
    insta::assert_snapshot!(page);
}

#[test]
fn a_comparison_that_does_not_hold_is_told_by_every_report() {
    for (truth, word, outcome, kind) in [
        (
            Truth::False,
            "NO",
            Outcome::Deviated,
            NonSuccessKind::Failure,
        ),
        (
            Truth::Unknown,
            "unknown",
            Outcome::Unknown,
            NonSuccessKind::Error,
        ),
    ] {
        let report = compared(truth);
        assert_eq!(report.verdict.outcome, outcome);
        let text = report.markdown().unwrap();
        let told = section(&text, "## Between arms", "## What was measured");
        assert!(
            told.contains(&format!("outbox.ledger.lost = 0 | {word} |")),
            "{told}"
        );
        let page = report.html().unwrap();
        let told = section(&page, "<section id=\"between\"", "</section>");
        assert!(told.contains(&format!("</span> {word}</span>")), "{told}");
        let xml = Xml::deserialize_from_str(&report.junit().unwrap()).unwrap();
        let last = xml.test_suites[0].test_cases.last().unwrap();
        assert_eq!(
            last.classname.as_ref().unwrap().as_str(),
            "E-002.between arms"
        );
        let TestCaseStatus::NonSuccess { kind: told, .. } = &last.status else {
            panic!("{last:?}")
        };
        assert_eq!(*told, kind);
    }
}

#[test]
fn what_is_not_known_is_a_dash_with_a_legend_and_never_a_zero() {
    let mut report = report();
    let table = |cells: Vec<Option<String>>| {
        Some(TableReport {
            head: vec!["lost".into(), "late".into()],
            rows: vec![TableRow {
                name: "outbox".into(),
                cells,
            }],
        })
    };
    for short in [vec![None, Some("4".into())], vec![None], Vec::new()] {
        report.table = table(short);
        let text = report.markdown().unwrap();
        let told = section(&text, "## What was measured", "## Arm ");
        assert!(
            told.contains("| outbox | – |") && !told.contains('0'),
            "{told}"
        );
        assert!(told.contains("–: not known."), "{told}");
        let page = report.html().unwrap();
        let told = section(&page, "<section id=\"measured\"", "</section>");
        assert!(told.contains("<td class=\"number\">–</td>"), "{told}");
        assert!(told.contains("–: not known."), "{told}");
    }
    report.table = table(vec![Some("3".into()), Some("4".into())]);
    assert!(!report.html().unwrap().contains("–: not known."));
}

#[test]
fn every_arm_is_reached_from_the_table_at_the_top() {
    let page = matrix(18, &[]).html().unwrap();
    let top = section(&page, "<section id=\"seen\"", "</section>");
    for n in 0..18 {
        let link = format!("<a href=\"#arm-{n}\">outbox · acks={n}</a>");
        assert!(top.contains(&link), "{link}");
        assert_eq!(page.matches(&format!("id=\"arm-{n}\"")).count(), 1);
    }
}

#[test]
fn of_many_arms_those_are_folded_that_did_what_they_must() {
    let page = matrix(8, &[1, 5]).html().unwrap();
    assert_eq!(page.matches("<details class=\"arm\">").count(), 4);
    assert_eq!(page.matches("<details class=\"arm\" open>").count(), 1);
    let open = section(&page, "<details class=\"arm\" open>", "</summary>");
    assert!(
        open.contains("outbox · acks=5") && open.contains("NO"),
        "{open}"
    );
    assert!(!report().html().unwrap().contains("<details"));
}

#[test]
fn a_verdict_with_many_reasons_tells_the_first_and_folds_the_others() {
    let mut report = report();
    report.verdict.reasons = (0..40).map(|n| format!("reason {n} of 40")).collect();
    let page = report.html().unwrap();
    let verdict = section(&page, "<section class=\"verdict", "</section>");
    for n in 0..40 {
        assert_eq!(verdict.matches(&format!("reason {n} of")).count(), 1);
    }
    let (open, folded) = verdict.split_once("<details>").unwrap();
    assert!(open.contains("reason 0 of") && folded.contains("reason 39 of"));
    let more = 40 - open.matches("<li>").count();
    assert!(folded.contains(&format!("<summary>{more} more</summary>")));
}
