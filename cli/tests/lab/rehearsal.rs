//! The root of AWS, applied to an API on loopback whose servers are a real lab's.

use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rlab_lab::layout::API;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::scene::Scene;

const UP: &[&str] = &["up", "--profile", "rehearsal"];
/// Resources that are done when whoever makes them is killed.
const MOMENTS: [usize; 5] = [1, 20, 60, 100, 125];
/// Longest that an apply takes until it is so far; databases alone take 80 s.
const SO_FAR_WITHIN: Duration = Duration::from_secs(300);

/// Output of terraform's newest apply of the lab's root.
fn newest_apply(scene: &Scene) -> Option<PathBuf> {
    let runs = scene.dir().path().join("cloud/work/aws/runs");
    let runs = std::fs::read_dir(runs).ok()?.flatten().map(|run| run.path());
    runs.filter(|run| run.to_string_lossy().ends_with("-apply.jsonl")).max()
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
        environment.iter().any(|(name, value)| {
            format!("{}={}", name.display(), value.display()) == mark
        })
    });
    marked.map(|process| u32::try_from(process.pid).unwrap()).collect()
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
    let told = scene.rlab(&["up", "--profile", "rehearsal", "--dry-run", "--format", "json"]);
    told.json()
}

#[test]
fn an_apply_killed_at_five_moments_is_completed_and_what_it_made_works_and_goes_away() {
    let scene = Scene::new();
    for (round, count) in MOMENTS.into_iter().enumerate() {
        let before = newest_apply(&scene);
        let mut up = scene.start(UP);
        if so_far(&scene, &mut up, before, count) {
            kill(up.id());
            // Every other time terraform dies with its command; otherwise it goes on by itself.
            if round % 2 == 1 {
                terraforms(&scene).into_iter().for_each(kill);
            }
        }
        up.wait().unwrap();
    }
    scene.rlab(UP).succeeded();
    let planned = plan(&scene);
    assert_eq!(planned["differs"], false, "{planned:#}");
    scene.rlab(&["smoke"]).succeeded();

    let status = scene.status();
    let of = |node: &str| {
        let nodes = status["nodes"].as_array().unwrap();
        nodes.iter().find(|n| n["node"] == node).unwrap().clone()
    };
    assert_eq!(of(API)["state"], "ready");
    assert_eq!(of("command-service")["state"], "ready");

    let journal = scene.dir().path().join("cloud/journal.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    let calls: Vec<Value> = journal.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(calls.iter().any(|call| call["operation"] == "UpdateService"));
    let nameless = calls.iter().filter(|call| call["request_id"].is_null());
    assert_eq!(nameless.collect::<Vec<_>>(), Vec::<&Value>::new());
    scene.ends_clean();
}
