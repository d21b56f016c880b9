//! The report as a reviewer reads it.

mod scene;

use rlab_evidence::environment::{Environment, Machine};
use rlab_evidence::{ArmEvidence, Truth, decide};
use rlab_ledger::{Fact, OutboxState, Terms, account};
use scene::{report, run};
use uuid::Uuid;

#[test]
fn a_held_drill_reads_as_written() {
    insta::assert_snapshot!(report().markdown().unwrap());
}

#[test]
fn an_undecided_drill_is_never_worded_as_a_pass() {
    let mut report = report();
    report.arms[0].evidence.expectations[0].truth = Truth::Unknown;
    let evidence: Vec<ArmEvidence> = report.arms.iter().map(|a| a.evidence.clone()).collect();
    report.verdict = decide(&evidence);
    let text = report.markdown().unwrap();
    assert!(
        text.contains("**Verdict: UNKNOWN.** It could not be decided"),
        "{text}"
    );
    assert!(!text.contains("Every claim"), "{text}");
}

#[test]
fn a_report_without_data_says_so_and_still_renders() {
    let mut report = report();
    report.proves = None;
    report.environment = Environment::default();
    report.machine_after = Machine::default();
    for arm in &mut report.arms {
        arm.accounting = rlab_ledger::Accounting::default();
        for load in &mut arm.loads {
            load.latency = rlab_evidence::LatencySummary::default();
        }
        arm.actions.clear();
    }
    let text = report.markdown().unwrap();
    for said in [
        "no data",
        "claims nothing for the profile",
        "Nothing was done to the lab",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn every_anomaly_that_was_found_is_listed_and_no_other() {
    let mut report = report();
    let mut run = run(0);
    let event_id = Uuid::from_u128(77);
    run.snapshot.push(Fact::Outbox {
        event_id,
        item_id: "item-1".into(),
        sequence: 999,
        state: OutboxState::Parked,
    });
    run.snapshot.push(Fact::Cached {
        item_id: "item-1".into(),
        version: 1,
        asked_us: 3_000_000,
    });
    run.snapshot.push(Fact::Effect {
        position: 5_000,
        event_id: Uuid::from_u128(1_004),
        item_id: "item-1".into(),
        sequence: 2,
        level_delta: 1,
        cost: 4,
    });
    let terms = Terms {
        stale_bound_us: Some(2_000_000),
        ..Terms::default()
    };
    let Ok(accounting) = account(&run, &terms);
    report.arms.truncate(1);
    report.arms[0].accounting = accounting;
    let text = report.markdown().unwrap();
    let begin = text.find("Checked:").unwrap();
    let end = text.find("Landed:").unwrap();
    let found = text
        .lines()
        .find(|line| line.starts_with("| direct |"))
        .unwrap();
    insta::assert_snapshot!(format!("{found}\n\n{}", &text[begin..end]));
}
