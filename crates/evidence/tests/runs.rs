//! The runs under a root are listed, found and removed without touching what is no run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rlab_evidence::run_dir::LATEST;
use rlab_evidence::runs::{End, FindError, Pruned, find, list, prune};
use rlab_evidence::{Outcome, RunDir, RunDirError, Verdict, VerdictDocument, seal};

const UNLIMITED: u64 = u64::MAX;

/// A run that came to its end, with a plan of `bytes`.
fn ended(root: &Path, drill: &str, outcome: Outcome, bytes: usize) -> RunDir {
    let (run, journal) = RunDir::create(root, drill).unwrap();
    let verdict = Verdict {
        outcome,
        reasons: Vec::new(),
    };
    let journal = journal.summary();
    let verdict = VerdictDocument::new(drill, &run.name(), "local", &verdict, Vec::new(), journal);
    run.write_json(&run.verdict(), &verdict).unwrap();
    run.write_text(&run.plan(), &"x".repeat(bytes)).unwrap();
    seal(&run).unwrap();
    // Names of one millisecond are in no order.
    std::thread::sleep(std::time::Duration::from_millis(2));
    run
}

fn held(root: &Path, drill: &str) -> RunDir {
    ended(root, drill, Outcome::Held, 10)
}

fn names(pruned: &Pruned) -> Vec<String> {
    pruned.removed.iter().map(|run| run.run.clone()).collect()
}

fn left(root: &Path) -> Vec<String> {
    list(root).unwrap().into_iter().map(|run| run.run).collect()
}

fn latest(root: &Path, drill: &str) -> String {
    let link = root.join(drill).join(LATEST);
    RunDir::open(&link).unwrap().name()
}

#[test]
fn runs_are_listed_newest_first_with_what_became_of_them() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = ended(root, "E-002", Outcome::Deviated, 5_000);
    let (second, _) = RunDir::create(root, "K-001").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2));
    let third = held(root, "E-002");
    let fourth = held(root, "E-003");
    fs::write(third.verdict(), "{").unwrap();
    fs::remove_file(fourth.journal()).unwrap();

    let runs = list(root).unwrap();
    let order: Vec<&str> = runs.iter().map(|run| run.run.as_str()).collect();
    let expected = [&fourth, &third, &second, &first].map(RunDir::name);
    assert_eq!(order, expected);
    let why = |end: &End| match end {
        End::Damaged { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&runs[0].end), "it holds no journal.jsonl");
    assert!(why(&runs[1].end).starts_with("verdict.json is not a verdict: "));
    assert_eq!(runs[2].end, End::DidNotEnd);
    assert_eq!(runs[3].end, End::Decided(Outcome::Deviated));
    assert_eq!([runs[2].sealed, runs[3].sealed], [false, true]);
    assert_eq!((runs[2].drill.as_str(), runs[2].bytes), ("K-001", 0));
    assert!((5_000..7_000).contains(&runs[3].bytes), "{}", runs[3].bytes);
    let utc = runs[3].started.strftime("%Y%m%dT%H%M%SZ-").to_string();
    assert!(runs[3].run.starts_with(&utc), "{utc}");
}

#[test]
fn what_is_no_run_is_neither_listed_nor_removed() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    assert!(list(&root.join("nothing")).unwrap().is_empty());
    let run = held(root, "E-002");
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(elsewhere.path().join(run.name())).unwrap();
    symlink(elsewhere.path(), root.join("E-009")).unwrap();
    symlink(run.path(), root.join("E-002").join("20260102T030405Z-link")).unwrap();
    fs::create_dir(root.join("E-002").join("notes")).unwrap();
    fs::write(root.join("README"), "").unwrap();
    assert_eq!(left(root), [run.name()]);
    prune(root, 0, 0, false).unwrap();
    assert!(root.join("E-002/notes").is_dir());
    assert!(elsewhere.path().join(run.name()).is_dir());
    assert_eq!(left(root), [run.name()]);
}

#[test]
fn a_run_is_found_by_path_by_drill_by_name_and_by_its_beginning() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let first = held(root, "E-002");
    let second = held(root, "E-002");
    let other = held(root, "K-001");
    let name = |words: &str| find(root, words).unwrap().name();
    assert_eq!(name("E-002"), second.name());
    assert_eq!(name("K-001"), other.name());
    assert_eq!(name(&first.name()), first.name());
    assert_eq!(name(first.path().to_str().unwrap()), first.name());
    assert_eq!(name(&format!("E-002/{}", first.name())), first.name());
    assert_eq!(name("E-002/latest"), second.name());
    let long_enough = &first.name()[..first.name().len() - 3];
    assert_eq!(name(long_enough), first.name());
}

#[test]
fn words_that_name_no_run_or_several_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let runs = [held(root, "E-002"), held(root, "K-001")].map(|run| run.name());
    for words in ["", "E-00", "E-009", "nothing/at/all"] {
        let refused = find(root, words);
        assert!(
            matches!(refused, Err(FindError::NotFound { .. })),
            "{words}"
        );
    }
    match find(root, "20") {
        Err(FindError::Ambiguous { runs: told, .. }) => {
            assert_eq!(told, [runs[1].clone(), runs[0].clone()]);
        }
        other => panic!("{other:?}"),
    }
    let refused = find(root, root.to_str().unwrap());
    let no_run = FindError::RunDir(RunDirError::NotARun { path: root.into() });
    assert_eq!(refused.unwrap_err().to_string(), no_run.to_string());
}

#[test]
fn each_drill_keeps_its_newest_runs() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let e: Vec<String> = (0..4).map(|_| held(root, "E-002").name()).collect();
    let k = held(root, "K-001").name();
    let planned = prune(root, 2, UNLIMITED, true).unwrap();
    assert_eq!(names(&planned), e[..2]);
    assert_eq!(left(root).len(), 5, "a dry run removes nothing");
    let done = prune(root, 2, UNLIMITED, false).unwrap();
    assert_eq!(done, planned);
    assert_eq!(left(root), [k, e[3].clone(), e[2].clone()]);
    assert_eq!(latest(root, "E-002"), e[3]);
    let removed: u64 = done.removed.iter().map(|run| run.bytes).sum();
    assert_eq!(done.removed_bytes, removed);
    let kept: u64 = list(root).unwrap().iter().map(|run| run.bytes).sum();
    assert_eq!(done.kept_bytes, kept);
    assert_eq!(prune(root, 2, UNLIMITED, false).unwrap().removed, []);
}

#[test]
fn the_oldest_go_until_the_rest_is_small_enough_but_never_a_latest_one() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let big = |drill| ended(root, drill, Outcome::Held, 100_000).name();
    let old_latest = big("K-001");
    let e = [big("E-002"), big("E-002"), big("E-002")];
    let pruned = prune(root, 10, 350_000, false).unwrap();
    assert_eq!(names(&pruned), e[..1]);
    assert!(pruned.kept_bytes <= 350_000);
    let pruned = prune(root, 0, 0, false).unwrap();
    assert_eq!(names(&pruned), e[1..2]);
    assert!(
        pruned.kept_bytes > 200_000,
        "two latest runs are over the limit"
    );
    assert_eq!(left(root), [e[2].clone(), old_latest.clone()]);
    assert_eq!(latest(root, "E-002"), e[2]);
    assert_eq!(latest(root, "K-001"), old_latest);
}

#[test]
fn a_run_that_latest_names_stays_although_a_newer_one_is_there() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let [old, newer] = [held(root, "E-002"), held(root, "E-002")];
    let link = root.join("E-002").join(LATEST);
    fs::remove_file(&link).unwrap();
    symlink(old.name(), &link).unwrap();
    assert_eq!(prune(root, 0, 0, false).unwrap().removed, []);
    assert_eq!(left(root), [newer.name(), old.name()]);
}

#[test]
fn what_a_killed_removal_left_is_no_run_and_goes_the_next_time() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let [old, new] = [held(root, "E-002"), held(root, "E-002")];
    let aside = root.join("E-002").join(format!(".removed-{}", old.name()));
    fs::rename(old.path(), &aside).unwrap();
    fs::remove_file(aside.join("journal.jsonl")).unwrap();
    assert_eq!(left(root), [new.name()]);
    prune(root, 9, UNLIMITED, true).unwrap();
    assert!(aside.exists());
    assert_eq!(prune(root, 9, UNLIMITED, false).unwrap().removed, []);
    assert!(!aside.exists());
}
