//! What a drill leaves for a reviewer can be judged again, and not be altered.

use std::path::Path;

use super::*;

#[test]
fn an_old_run_is_judged_again_without_the_lab_and_refused_once_a_byte_was_changed() {
    let scene = Scene::up();
    drill(&scene, &[]).succeeded();
    let root = evidence(&scene);
    let root = root.to_str().unwrap();
    let nowhere = Scene::new();
    let judge = || nowhere.rlab(&["evidence", "judge", "E-002", "--evidence", root]);
    judge()
        .succeeded()
        .says("recorded: held; judged again: held");
    let latest = evidence(&scene).join("E-002/latest");
    for (file, place) in [
        ("verdict.json", "verdict.json"),
        ("runbook.yaml", "runbook.yaml"),
        ("journal.jsonl", "journal.jsonl"),
        (
            "arms/outbox/snapshot.jsonl.zst",
            "arms/outbox/snapshot.jsonl.zst",
        ),
        (
            "arms/direct/history-orders.jsonl.zst",
            "arms/direct/history-orders.jsonl.zst",
        ),
        ("SHA256SUMS", "line"),
    ] {
        let undo = change_one_byte(&latest.join(file));
        judge().exited(2).says(place).says("not sound");
        undo();
    }
    judge().succeeded();
    let list = nowhere.rlab(&["evidence", "list", "--evidence", root, "--format", "json"]);
    assert_eq!(list.json()["runs"][0]["outcome"], "held");
    assert_eq!(list.json()["runs"][0]["sealed"], true);
    nowhere
        .rlab(&["evidence", "show", "E-002", "--evidence", root])
        .succeeded()
        .says("Verdict: HELD");
    scene.ends_clean();
}

/// Changes the byte in the middle; returns what changes it back.
fn change_one_byte(path: &Path) -> impl FnOnce() + use<> {
    let whole = std::fs::read(path).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    std::fs::write(path, changed).unwrap();
    let path = path.to_owned();
    move || std::fs::write(path, whole).unwrap()
}
