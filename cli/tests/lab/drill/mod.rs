//! Drills on real servers: what they decide, how they end, what they leave.

mod evidence;
mod recovery;
mod seeded;
mod verdict;
mod vocabulary;
mod watchdog;

use std::path::PathBuf;
use std::time::Duration;

use crate::held::everything;
use crate::scene::{Ran, Scene, evidence, signal, state};

const SMALL: [&str; 2] = ["--set", "commands=3000"];
/// What stands for a drill in the names of what it makes; without its end it would also be found among the digits
/// of a random id.
const DRILLS: [&str; 4] = ["e002_", "t001_", "t002_", "t003_"];
const SOON: Duration = Duration::from_secs(60);

fn arguments<'a>(drill: &'a str, root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["drill", drill, "--evidence", root, "--seed", "7"];
    // What a test sets itself comes in place of the small drill's default.
    if !more.iter().any(|m| m.starts_with("commands=")) {
        all.extend(SMALL);
    }
    all.extend(more);
    all
}

fn drill(scene: &Scene, more: &[&str]) -> Ran {
    drill_of(scene, "E-002", more)
}

fn drill_of(scene: &Scene, drill: &str, more: &[&str]) -> Ran {
    let root = evidence(scene);
    scene.rlab(&arguments(drill, root.to_str().unwrap(), more))
}

fn start(scene: &Scene, drill: &str, more: &[&str]) -> std::process::Child {
    let root = evidence(scene);
    scene.start(&arguments(drill, root.to_str().unwrap(), more))
}

/// E-002 with parts of its text replaced, as a file of the scene.
fn altered(scene: &Scene, changes: &[(&str, &str)]) -> PathBuf {
    let mut text = include_str!("../../../../runbooks/E-002.yaml").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "E-002 no longer says `{from}`");
        text = text.replacen(from, to, 1);
    }
    let path = scene.scratch().join("altered.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Everything with the mark of a drill that the servers still hold.
fn left_over(scene: &Scene) -> Vec<String> {
    let mut left = everything(scene);
    left.retain(|name| DRILLS.iter().any(|mark| name.contains(mark)));
    left
}

fn undo_log(scene: &Scene) -> String {
    std::fs::read_to_string(scene.dir().undo_log()).unwrap_or_default()
}

fn nothing_is_left(scene: &Scene) {
    assert_eq!(left_over(scene), Vec::<String>::new());
    assert_eq!(undo_log(scene), "");
    let status = scene.status();
    assert_eq!(status["ready"], true, "{status:#}");
    for agent in ["command-service", "outbox-relay", "consumer-service"] {
        assert!(
            state(&status, agent)["crash_budget"].is_null(),
            "{status:#}"
        );
    }
    for spare in ["outbox-relay-2", "consumer-service-2", "query-service-2"] {
        assert_eq!(state(&status, spare)["state"], "spare", "{status:#}");
    }
    scene.rlab(&["smoke"]).succeeded();
}

fn broker_is_out(scene: &Scene) {
    scene.wait_for("a broker out", SOON, |status| {
        state(status, "kafka-2")["state"] == "stopped"
    });
}

/// Waits until the newest run's journal holds `text`.
fn journal_says(scene: &Scene, text: &str) {
    let journal = evidence(scene).join("E-002/latest/journal.jsonl");
    scene.wait_for(text, SOON, |_| {
        std::fs::read_to_string(&journal).is_ok_and(|journal| journal.contains(text))
    });
}
