//! The record of what is about to exist.

use jiff::Timestamp;
use rlab_aws::intent::{Intent, IntentError};

fn intent(region: &str) -> Intent {
    let root = std::path::Path::new("/checkout/terraform/aws");
    let mut intent = Intent::new("lab", "111122223333", region, root, Timestamp::now());
    intent.tags.insert("rlab:lab".into(), "lab".into());
    intent
}

#[test]
fn what_is_recorded_is_found_by_any_process() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Intent::find(dir.path()).unwrap(), None);
    let recorded = intent("eu-west-1").record(dir.path()).unwrap();
    assert_eq!(
        Intent::find(dir.path()).unwrap().as_ref(),
        Some(recorded.intent())
    );
    let files: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .flatten()
        .map(|f| f.file_name())
        .collect();
    assert_eq!(
        files,
        ["intent.json"],
        "no half-written file stays beside it"
    );
}

#[test]
fn a_later_record_of_the_same_lab_moves_its_expiry_and_not_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = intent("eu-west-1").record(dir.path()).unwrap();
    let mut again = intent("eu-west-1");
    again.expires_at = Timestamp::now() + jiff::SignedDuration::from_hours(9);
    let expiry = again.expires_at;
    let second = again.record(dir.path()).unwrap();
    assert_eq!(second.intent().started_at, first.intent().started_at);
    assert_eq!(
        Intent::find(dir.path()).unwrap().unwrap().expires_at,
        expiry
    );
}

#[test]
fn a_lab_begun_elsewhere_is_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    intent("eu-west-1").record(dir.path()).unwrap();
    let error = intent("us-east-1").record(dir.path()).unwrap_err();
    assert!(matches!(&error, IntentError::Another(was) if was.region == "eu-west-1"));
    assert!(error.hint().unwrap().contains("down"));
    assert_eq!(
        Intent::find(dir.path()).unwrap().unwrap().region,
        "eu-west-1"
    );
}

#[test]
fn a_damaged_record_is_an_error_and_not_an_empty_lab() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("intent.json"), "{\"lab\":").unwrap();
    assert!(Intent::find(dir.path()).is_err());
    assert!(intent("eu-west-1").record(dir.path()).is_err());
}
