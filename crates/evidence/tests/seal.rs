//! A sealed run is as it was, or it is refused with the file that is not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use rlab_evidence::seal::{Flaw, Place};
use rlab_evidence::{
    Journal, JsonlWriter, Outcome, RunDir, SealError, Verdict, VerdictDocument, seal, verify,
};
use serde_json::json;

struct Scene {
    root: tempfile::TempDir,
    run: RunDir,
}

impl Scene {
    fn verdict(&self, journal: &Journal) -> VerdictDocument {
        let verdict = Verdict {
            outcome: Outcome::Held,
            reasons: vec!["outbox held".into()],
        };
        let run = self.run.name();
        let journal = journal.summary();
        VerdictDocument::new("E-002", &run, "local", &verdict, Vec::new(), journal)
    }

    fn file(&self, path: &str) -> PathBuf {
        self.run.path().join(path)
    }

    fn flaws(&self) -> Vec<Flaw> {
        match verify(&self.run) {
            Err(SealError::Flawed { flaws, .. }) => flaws,
            other => panic!("{other:?}"),
        }
    }
}

fn unsealed() -> Scene {
    let root = tempfile::tempdir().unwrap();
    let (run, mut journal) = RunDir::create(root.path(), "E-002").unwrap();
    run.write_json(&run.plan(), &json!({"runbook": "E-002"}))
        .unwrap();
    for n in 0..4 {
        journal.append("step", &json!({ "pid": 100 + n })).unwrap();
    }
    let mut history = JsonlWriter::create(&run.history("outbox", "orders").unwrap()).unwrap();
    (0..200u64).for_each(|n| history.write(&n).unwrap());
    history.finish().unwrap();
    let scene = Scene { root, run };
    let verdict = scene.verdict(&journal);
    scene
        .run
        .write_json(&scene.run.verdict(), &verdict)
        .unwrap();
    scene
        .run
        .write_text(&scene.run.report(), "# E-002\n")
        .unwrap();
    scene
}

fn sealed() -> Scene {
    let scene = unsealed();
    seal(&scene.run).unwrap();
    scene
}

const FILES: [&str; 6] = [
    "SHA256SUMS",
    "arms/outbox/history-orders.jsonl.zst",
    "journal.jsonl",
    "plan.json",
    "report.md",
    "verdict.json",
];

fn line_of(text: &[u8], offset: usize) -> u64 {
    1 + text[..offset].iter().filter(|b| **b == b'\n').count() as u64
}

fn changed_at(path: &Path, by: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    by(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_sealed_run_is_accepted_by_us_and_by_sha256sum() {
    let scene = unsealed();
    let sealed = seal(&scene.run).unwrap();
    assert_eq!(sealed.files, 5);
    assert_eq!(verify(&scene.run).unwrap(), sealed);
    let text = fs::read_to_string(scene.run.sums()).unwrap();
    let listed = text.lines().filter_map(|line| line.get(66..));
    let listed: Vec<&str> = listed.take(5).collect();
    assert_eq!(listed, FILES[1..]);
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(scene.run.path())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(checked.stderr, b"", "{checked:?}");
}

#[test]
fn sealing_again_after_a_repair_is_sealing_once() {
    let scene = sealed();
    let before = fs::read(scene.run.sums()).unwrap();
    seal(&scene.run).unwrap();
    assert_eq!(fs::read(scene.run.sums()).unwrap(), before);
}

#[test]
fn a_run_without_a_seal_did_not_come_to_its_end() {
    let scene = sealed();
    fs::remove_file(scene.run.sums()).unwrap();
    let refused = verify(&scene.run).unwrap_err();
    assert!(matches!(refused, SealError::Unsealed { .. }));
    assert!(refused.to_string().ends_with("did not come to its end"));
}

#[test]
fn a_path_changed_in_the_list_is_refused_by_its_own_line_though_the_next_is_out_of_order() {
    let scene = sealed();
    let text = fs::read(scene.run.sums()).unwrap();
    let first_of_path = text.windows(2).position(|two| two == b"  ").unwrap() + 2;
    changed_at(&scene.run.sums(), |bytes| bytes[first_of_path] = b'z');
    let flaws = scene.flaws();
    assert!(
        matches!(flaws[..], [Flaw::Sums { line: 1, .. }]),
        "{flaws:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn one_changed_byte_is_refused_with_its_file(
        file in prop::sample::select(&FILES),
        at: prop::sample::Index,
        by in 1u8..=255,
    ) {
        let scene = sealed();
        let path = scene.file(file);
        let before = fs::read(&path).unwrap();
        let at = at.index(before.len());
        changed_at(&path, |bytes| bytes[at] ^= by);
        let flaws = scene.flaws();
        prop_assert!(flaws.iter().all(|flaw| flaw.path() == file), "{:?}", flaws);
        let line = line_of(&before, at);
        match (&flaws[0], file) {
            (Flaw::Sums { line: told, .. }, _) => {
                // A byte that becomes a line's end makes a line of its own of what follows it.
                let split = before[at] ^ by == b'\n';
                prop_assert!(*told == line || split && *told == line + 1, "{:?}", flaws);
            }
            (Flaw::Changed { place, .. }, "journal.jsonl") => {
                prop_assert_eq!(*place, Some(Place::Line(line)));
            }
            (Flaw::Changed { .. }, _) => {}
            (flaw, _) => prop_assert!(false, "{:?}", flaw),
        }
    }

    #[test]
    fn a_file_cut_short_or_taken_away_is_refused_with_its_name(
        file in prop::sample::select(&FILES[1..]),
        keep: prop::sample::Index,
    ) {
        let scene = sealed();
        let path = scene.file(file);
        changed_at(&path, |bytes| bytes.truncate(keep.index(bytes.len())));
        let flaws = scene.flaws();
        let [flaw @ Flaw::Changed { place, .. }] = &flaws[..] else {
            return Err(TestCaseError::fail(format!("{flaws:?}")));
        };
        prop_assert_eq!(flaw.path(), file);
        let told = match file {
            "journal.jsonl" => matches!(place, Some(Place::Line(1..=4))),
            _ => matches!(place, Some(Place::Record(_))) == file.ends_with(".zst"),
        };
        prop_assert!(told, "{:?}", flaws);
        fs::remove_file(&path).unwrap();
        let missing = Flaw::Missing { path: file.to_owned() };
        prop_assert_eq!(scene.flaws(), [missing]);
    }

    #[test]
    fn sums_cut_short_are_refused_by_their_line(keep: prop::sample::Index) {
        let scene = sealed();
        changed_at(&scene.run.sums(), |bytes| bytes.truncate(keep.index(bytes.len())));
        let flaws = scene.flaws();
        let of_sums = matches!(flaws[..], [Flaw::Sums { .. }]);
        prop_assert!(of_sums, "{:?}", flaws);
    }
}

#[test]
fn a_file_nobody_listed_is_refused() {
    for path in ["notes.txt", "arms/outbox/.hidden", "measurements/cpu.json"] {
        let scene = sealed();
        fs::write(scene.file(path), "x").unwrap();
        let path = path.to_owned();
        assert_eq!(scene.flaws(), [Flaw::Unlisted { path }]);
    }
}

#[test]
fn a_sealed_run_without_its_journal_is_opened_and_refused() {
    let scene = sealed();
    fs::remove_file(scene.run.journal()).unwrap();
    let opened = RunDir::open(scene.run.path()).unwrap();
    let refused = verify(&opened).unwrap_err().to_string();
    assert!(refused.ends_with("journal.jsonl is missing"), "{refused}");
}

#[test]
fn a_symbolic_link_is_refused_wherever_it_leads() {
    let scene = sealed();
    let outside = scene.root.path().join("outside.json");
    fs::rename(scene.run.plan(), &outside).unwrap();
    symlink(&outside, scene.run.plan()).unwrap();
    let path = "plan.json".to_owned();
    assert_eq!(scene.flaws(), [Flaw::Link { path }]);

    let scene = sealed();
    fs::rename(scene.run.sums(), scene.root.path().join("sums")).unwrap();
    symlink(scene.root.path().join("sums"), scene.run.sums()).unwrap();
    let path = "SHA256SUMS".to_owned();
    assert_eq!(scene.flaws(), [Flaw::Link { path }]);
}

#[test]
fn what_could_not_be_verified_is_not_sealed() {
    let refused = |spoil: fn(&Scene)| {
        let scene = unsealed();
        spoil(&scene);
        let error = seal(&scene.run).unwrap_err().to_string();
        assert!(!scene.run.sums().exists());
        error.split_once(" is not sound: ").unwrap().1.to_owned()
    };
    let linked = |scene: &Scene| symlink("plan.json", scene.file("link")).unwrap();
    assert_eq!(refused(linked), "link is a symbolic link");
    let named = |scene: &Scene| fs::write(scene.file("a\nb"), "").unwrap();
    assert_eq!(refused(named), "\"a\\nb\" is no name for a file of a run");
    let silent = |scene: &Scene| fs::remove_file(scene.run.verdict()).unwrap();
    assert_eq!(refused(silent), "verdict.json is missing");
    let vague = |scene: &Scene| fs::write(scene.run.verdict(), "{").unwrap();
    assert!(refused(vague).starts_with("verdict.json is not a verdict: "));
}

#[test]
fn a_journal_that_is_not_the_one_of_the_verdict_is_not_sealed() {
    let scene = unsealed();
    fs::remove_file(scene.run.journal()).unwrap();
    let mut other = Journal::create(&scene.run.journal()).unwrap();
    (0..4).for_each(|n| {
        other.append("step", &json!({ "pid": 900 + n })).unwrap();
    });
    let refused = seal(&scene.run).unwrap_err().to_string();
    let said = "journal.jsonl does not belong to the verdict: line 4: its hash is not the one";
    assert!(refused.contains(said), "{refused}");
}

#[test]
fn every_change_is_told_at_once() {
    let scene = sealed();
    fs::remove_file(scene.run.plan()).unwrap();
    fs::write(scene.run.report(), "# E-003\n").unwrap();
    fs::write(scene.file("added"), "").unwrap();
    changed_at(&scene.file(FILES[1]), |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let flaws: Vec<String> = scene.flaws().iter().map(Flaw::to_string).collect();
    insta::assert_snapshot!(flaws.join("\n"));
}

#[test]
fn a_forged_list_over_a_forged_verdict_is_refused_by_the_journal() {
    let scene = unsealed();
    let verdict = fs::read_to_string(scene.run.verdict()).unwrap();
    seal(&scene.run).unwrap();
    let sealed = fs::read_to_string(scene.run.sums()).unwrap();
    let forged = verdict.replace("\"entries\": 4", "\"entries\": 3");
    assert_ne!(forged, verdict);
    fs::write(scene.run.verdict(), &forged).unwrap();
    fs::write(scene.run.sums(), rewritten(&sealed, forged.as_bytes())).unwrap();
    assert!(matches!(scene.flaws()[..], [Flaw::Journal { line: 3, .. }]));
}

/// The list with the digest of other bytes for the verdict, and its own digest made to fit.
fn rewritten(sums: &str, verdict: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = hex::encode(Sha256::digest(verdict));
    let lines = sums.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<String> = lines
        .map(|line| match line.ends_with("  verdict.json") {
            true => format!("{digest}  verdict.json\n"),
            false => format!("{line}\n"),
        })
        .collect();
    let lines = lines.concat();
    let own = hex::encode(Sha256::digest(lines.as_bytes()));
    format!("{lines}# sha256 of the lines above: {own}\n")
}
