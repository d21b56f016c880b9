//! The root of AWS, applied to an API on loopback whose servers are a real lab's.

use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::scene::Scene;

const UP: &[&str] = &["up", "--profile", "rehearsal"];
/// Resources that are done when whoever makes them is killed, and whether terraform dies too; otherwise
/// it goes on by itself.
const MOMENTS: [(usize, bool); 6] = [
    (110, true),
    (1, true),
    (20, true),
    (60, true),
    (128, true),
    (90, false),
];
/// How many of these moments; `RLAB_KILLS` asks for more of them.
const USUAL_KILLS: usize = 1;
/// Longest that an apply takes until it is so far; databases alone take 80 s.
const SO_FAR_WITHIN: Duration = Duration::from_secs(300);

/// Output of terraform's newest apply of the lab's root.
fn newest_apply(scene: &Scene) -> Option<PathBuf> {
    let runs = scene.dir().path().join("cloud/work/aws/runs");
    let runs = std::fs::read_dir(runs)
        .ok()?
        .flatten()
        .map(|run| run.path());
    runs.filter(|run| run.to_string_lossy().ends_with("-apply.jsonl"))
        .max()
}

fn done(scene: &Scene) -> usize {
    let text = newest_apply(scene).and_then(|run| std::fs::read_to_string(run).ok());
    text.map_or(0, |text| text.matches("\"apply_complete\"").count())
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// Process ids of the terraform that works for the lab, its providers included.
fn terraforms(scene: &Scene) -> Vec<u32> {
    let work = scene.dir().path().join("cloud/work/aws");
    let mark = format!("RLAB_TERRAFORM_DIR={}", work.display());
    let all = procfs::process::all_processes().unwrap().flatten();
    let marked = all.filter(|process| {
        let environment = process.environ().unwrap_or_default();
        environment
            .iter()
            .any(|(name, value)| format!("{}={}", name.display(), value.display()) == mark)
    });
    marked
        .map(|process| u32::try_from(process.pid).unwrap())
        .collect()
}

/// Waits until `count` resources of a fresh apply are done; false when `up` ended before.
fn so_far(scene: &Scene, up: &mut Child, before: Option<PathBuf>, count: usize) -> bool {
    let deadline = Instant::now() + SO_FAR_WITHIN;
    while newest_apply(scene) == before || done(scene) < count {
        assert!(Instant::now() < deadline, "no apply got as far as {count}");
        if up.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn plan(scene: &Scene) -> Value {
    let told = scene.rlab(&[
        "up",
        "--profile",
        "rehearsal",
        "--dry-run",
        "--format",
        "json",
    ]);
    told.json()
}

fn kills() -> usize {
    let asked = std::env::var("RLAB_KILLS").ok();
    asked.map_or(USUAL_KILLS, |text| text.parse().unwrap())
}

/// Begins to bring the lab up, and kills whoever does once so much is done.
fn killed_at(scene: &Scene, count: usize, terraform_too: bool) {
    let before = newest_apply(scene);
    let mut up = scene.start(UP);
    if so_far(scene, &mut up, before, count) {
        kill(up.id());
        if terraform_too {
            terraforms(scene).into_iter().for_each(kill);
        }
    }
    up.wait().unwrap();
}

#[test]
fn the_root_of_aws_is_applied_killed_completed_worked_with_and_taken_down() {
    let scene = Scene::new();
    for (count, terraform_too) in MOMENTS.into_iter().take(kills()) {
        killed_at(&scene, count, terraform_too);
    }
    scene.rlab(UP).succeeded();
    let planned = plan(&scene);
    assert_eq!(planned["differs"], false, "{planned:#}");
    scene.rlab(&["smoke"]).succeeded();
    in_the_vpc(&scene);
    calls_are_on_record(&scene);
    scene.ends_clean();
}

/// A command runs as a task, beside the servers, and what it says comes back with its exit code.
fn in_the_vpc(scene: &Scene) {
    let evidence = scene.scratch().join("evidence");
    let ran = scene.rlab(&[
        "runner",
        "--evidence",
        evidence.to_str().unwrap(),
        "--",
        "smoke",
    ]);
    assert!(ran.stderr.contains("held in"), "{ran:#?}");
    ran.succeeded();
}

fn calls_are_on_record(scene: &Scene) {
    let journal = scene.dir().path().join("cloud/journal.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    let calls = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls: Vec<Value> = calls.collect();
    for operation in ["GetCallerIdentity", "UpdateService", "RunTask"] {
        assert!(
            calls.iter().any(|call| call["operation"] == operation),
            "{operation}"
        );
    }
    let nameless = calls.iter().filter(|call| call["request_id"].is_null());
    assert_eq!(nameless.collect::<Vec<_>>(), Vec::<&Value>::new());
}
