//! The root of AWS, applied to an API on loopback whose servers are a real lab's.

use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rlab_lab::layout::API;
use rlab_lab::servers::Site;
use rlab_rehearsal::{ControlClient, Fault, Requests};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::clients::runtime;
use crate::scene::{Ran, Scene};

const UP: &[&str] = &["up", "--profile", "rehearsal"];
/// Who is killed besides the command that brings the lab up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dies {
    /// Nobody: terraform goes on by itself.
    Alone,
    /// terraform too.
    WithTerraform,
    /// terraform too, and it did not get to tell of anything that it had done.
    BeforeItTold,
}

/// Resources that an apply has done when whoever makes them is killed. Usually there is one kill, late.
const USUAL: &[(usize, Dies)] = &[(110, Dies::WithTerraform)];
/// The same with `RLAB_KILLS`, each in the apply that goes on after the one before.
const MANY: &[(usize, Dies)] = &[
    (1, Dies::WithTerraform),
    (20, Dies::BeforeItTold),
    (30, Dies::BeforeItTold),
    (20, Dies::BeforeItTold),
    (12, Dies::WithTerraform),
    (6, Dies::Alone),
];
/// How terraform says of a resource that it is done.
const DONE: &str = "\"apply_complete\"";
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
    text.map_or(0, |text| text.matches(DONE).count())
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

fn plan(scene: &Scene) -> Ran {
    scene.rlab(&[
        "up",
        "--profile",
        "rehearsal",
        "--dry-run",
        "--format",
        "json",
    ])
}

fn moments() -> &'static [(usize, Dies)] {
    match std::env::var_os("RLAB_KILLS") {
        Some(_) => MANY,
        None => USUAL,
    }
}

/// Begins to bring the lab up, and kills whoever does once so much is done.
fn killed_at(scene: &Scene, count: usize, dies: Dies) {
    let before = newest_apply(scene);
    let mut up = scene.start(UP);
    assert!(
        so_far(scene, &mut up, before, count),
        "`up` ended before {count} were done"
    );
    kill(up.id());
    if dies != Dies::Alone {
        terraforms(scene).into_iter().for_each(kill);
    }
    up.wait().unwrap();
    if dies == Dies::BeforeItTold {
        let run = newest_apply(scene).unwrap();
        let told = std::fs::read_to_string(&run).unwrap();
        let begun = told.lines().filter(|line| !line.contains(DONE));
        std::fs::write(&run, begun.collect::<Vec<_>>().join("\n")).unwrap();
    }
}

#[test]
fn the_root_of_aws_is_applied_killed_completed_worked_with_and_taken_down() {
    let scene = Scene::new();
    for (count, dies) in moments() {
        killed_at(&scene, *count, *dies);
    }
    scene.rlab(UP).succeeded();
    planning_takes_no_right_to_change_anything(&scene);
    scene.rlab(&["smoke"]).succeeded();
    in_the_vpc(&scene);
    calls_are_on_record(&scene);
    scene.ends_clean();
}

/// Whatever is planned, nothing differs; and whoever plans may only read.
fn planning_takes_no_right_to_change_anything(scene: &Scene) {
    let site = Site::load(scene.dir()).unwrap();
    let api = site.spec.node(API).unwrap().door_address().unwrap();
    let control = ControlClient::new(api.into(), &site.secrets.admin_token);
    let changes = Requests {
        mutating: true,
        ..Requests::default()
    };
    runtime().block_on(async {
        let before = control.requests().await.unwrap().requests.len();
        let reader = [Fault::Deny { requests: changes }];
        control.set_faults(&reader).await.unwrap();
        let planned = plan(scene);
        let others = [
            vec!["down", "--dry-run"],
            vec!["drill", "E-045", "--dry-run"],
            vec!["drill", "E-046", "--dry-run"],
            vec!["status"],
        ];
        let others = others.map(|words| (words.join(" "), scene.rlab(&words)));
        // First of all: under this fault nothing could be taken down.
        control.set_faults(&[]).await.unwrap();
        let planned = planned.json();
        assert_eq!(planned["differs"], false, "{planned:#}");
        for (words, ran) in others {
            assert_eq!(ran.code, Some(0), "{words}: {ran:#?}");
        }
        let log = control.requests().await.unwrap();
        assert_eq!(log.forgotten, 0);
        let (changes, reads): (Vec<_>, Vec<_>) = log
            .requests
            .into_iter()
            .skip(before)
            .partition(|request| request.mutating);
        assert_eq!(changes, []);
        // It did ask: for each of the lab's resources at least once.
        assert!(reads.len() > 100, "{}", reads.len());
    });
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
    // The drill fails over what AWS's API fails over, and its evidence comes back with it.
    let ran = scene.rlab(&[
        "runner",
        "--evidence",
        evidence.to_str().unwrap(),
        "--",
        "drill",
        "E-045",
    ]);
    let mut told = ran.stdout.lines();
    let fetched = told.find_map(|line| line.strip_prefix("evidence: "));
    let of_drill = PathBuf::from(fetched.unwrap()).join("E-045");
    ran.succeeded();
    let runs: Vec<_> = std::fs::read_dir(&of_drill).unwrap().flatten().collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let run = runs[0].path();
    scene
        .rlab(&["evidence", "judge", run.to_str().unwrap()])
        .succeeded();
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
