//! A journal tells what happened, and tells when it was altered.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use rlab_evidence::journal::{read, verify, verify_sealed};
use rlab_evidence::{Journal, JournalError};
use serde_json::json;

struct Scene {
    _dir: tempfile::TempDir,
    path: PathBuf,
    journal: Journal,
}

fn written(entries: u64) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path).unwrap();
    for n in 0..entries {
        journal
            .append(
                "action_started",
                &json!({"pid": 100 + n, "signal": "SIGKILL"}),
            )
            .unwrap();
    }
    Scene {
        _dir: dir,
        path,
        journal,
    }
}

fn line_of(text: &[u8], offset: usize) -> u64 {
    1 + text[..offset].iter().filter(|b| **b == b'\n').count() as u64
}

proptest! {
    #[test]
    fn one_changed_byte_is_refused_with_its_line(at: prop::sample::Index, by in 1u8..=255) {
        let scene = written(4);
        let mut text = fs::read(&scene.path).unwrap();
        let at = at.index(text.len());
        let line = line_of(&text, at);
        text[at] ^= by;
        fs::write(&scene.path, &text).unwrap();
        match verify(&scene.path) {
            Err(JournalError::Tampered(error)) => prop_assert_eq!(error.line, line),
            other => prop_assert!(false, "byte {} accepted: {:?}", at, other),
        }
    }

    #[test]
    fn a_write_cut_short_is_a_torn_tail_and_not_tampering(cut: prop::sample::Index) {
        let scene = written(3);
        let text = fs::read(&scene.path).unwrap();
        let keep = cut.index(text.len());
        fs::write(&scene.path, &text[..keep]).unwrap();
        let whole = text[..keep].iter().filter(|b| **b == b'\n').count() as u64;
        let torn = keep - text[..keep].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let summary = verify(&scene.path).unwrap();
        prop_assert_eq!((summary.entries, summary.torn_bytes), (whole, torn as u64));

        let mut journal = Journal::reopen(&scene.path).unwrap();
        prop_assert_eq!(journal.append("recovered", &json!({})).unwrap(), whole + 1);
        let (entries, summary) = read(&scene.path).unwrap();
        prop_assert_eq!(summary.torn_bytes, 0);
        prop_assert_eq!(&entries.last().unwrap().kind, "recovered");
    }
}

#[test]
fn entries_are_read_back_as_written() {
    let scene = written(2);
    let (entries, summary) = read(&scene.path).unwrap();
    assert_eq!(summary, scene.journal.summary());
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].seq, 2);
    assert_eq!(entries[1].data["pid"], 101);
    assert!(entries[0].at <= entries[1].at);
}

#[test]
fn a_removed_line_is_refused_at_its_place() {
    let scene = written(3);
    let text = fs::read_to_string(&scene.path).unwrap();
    let without: Vec<&str> = text
        .lines()
        .enumerate()
        .filter(|(n, _)| *n != 1)
        .map(|(_, l)| l)
        .collect();
    fs::write(&scene.path, without.join("\n") + "\n").unwrap();
    let refused = verify(&scene.path);
    assert!(matches!(refused, Err(JournalError::Tampered(e)) if e.line == 2));
}

#[test]
fn a_removed_end_is_refused_by_the_seal() {
    let mut scene = written(3);
    let sealed = scene.journal.summary();
    let text = fs::read_to_string(&scene.path).unwrap();
    let first_two: String = text.split_inclusive('\n').take(2).collect();
    scene.journal.append("later", &json!({})).unwrap();
    assert_eq!(verify_sealed(&scene.path, &sealed).unwrap().entries, 4);

    fs::write(&scene.path, first_two).unwrap();
    assert_eq!(verify(&scene.path).unwrap().entries, 2);
    let refused = verify_sealed(&scene.path, &sealed);
    assert!(matches!(refused, Err(JournalError::Tampered(e)) if e.line == 3));
}

#[test]
fn a_journal_written_anew_is_refused_by_the_seal() {
    let scene = written(3);
    let other = written(3);
    let refused = verify_sealed(&other.path, &scene.journal.summary());
    assert!(matches!(refused, Err(JournalError::Tampered(e)) if e.line == 3));
}

#[test]
fn an_existing_journal_is_never_overwritten() {
    let scene = written(1);
    assert!(matches!(
        Journal::create(&scene.path),
        Err(JournalError::Io { .. })
    ));
    assert_eq!(verify(&scene.path).unwrap().entries, 1);
}
