//! An apply killed at any moment: terraform, the process that runs it, or both.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rlab_aws::terraform::{Event, Stop};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open};

use crate::lab::{Lab, RESOURCES, open, plan, record, resources};

const HOME: &str = "ENGINE_TEST_HOME";
const SEED: &str = "ENGINE_TEST_SEED";
/// An apply of the root says about this much after its plan.
const MOMENTS: u64 = 24;
const SEEDS: std::ops::Range<u64> = 0..9;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    Terraform,
    Us,
    Both,
}

/// Who dies, and after how many events of the apply.
fn moment(seed: u64) -> (Victim, u64) {
    let victim = [Victim::Terraform, Victim::Us, Victim::Both][(seed % 3) as usize];
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    (victim, 1 + mixed % MOMENTS)
}

fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).unwrap();
}

fn die(home: &Path, victim: Victim) {
    if victim != Victim::Us {
        let terraform = survivors(home).expect("terraform runs while it speaks");
        let terraform = Pid::from_raw(terraform).unwrap();
        let gone = pidfd_open(terraform, PidfdFlags::empty()).unwrap();
        kill(terraform);
        let within = Timespec::try_from(Duration::from_secs(10)).unwrap();
        let told = poll(&mut [PollFd::new(&gone, PollFlags::IN)], Some(&within));
        assert_eq!(told.unwrap(), 1, "a killed process is gone");
    }
    if victim != Victim::Terraform {
        kill(getpid());
    }
}

/// Found from outside, as `pgrep` would: the terraform that leads its group and works for `home`.
fn survivors(home: &Path) -> Option<i32> {
    let dir = home.join("lab").canonicalize().ok()?;
    let all = procfs::process::all_processes().ok()?;
    all.flatten().find_map(|p| {
        let environment = p.environ().ok()?;
        let stat = p.stat().ok()?;
        let ours = environment
            .values()
            .any(|v| v.as_os_str() == dir.as_os_str());
        (ours && stat.pid == stat.pgrp && stat.comm == "terraform").then_some(stat.pid)
    })
}

/// Does nothing as a test; as a child of one it applies, and kills whom it is told to.
#[tokio::test]
async fn the_process_that_is_killed() {
    let (Ok(home), Ok(seed)) = (std::env::var(HOME), std::env::var(SEED)) else {
        return;
    };
    let (victim, after) = moment(seed.parse().unwrap());
    let home = Path::new(&home);
    let workdir = open(home).await;
    let made = plan(&workdir).await;
    let (intent, seen) = (record(&workdir), AtomicU64::new(0));
    let on = |event: Event| {
        let counts = matches!(event, Event::Apply(_) | Event::Provision { .. });
        if counts && seen.fetch_add(1, Ordering::SeqCst) + 1 == after {
            die(home, victim);
        }
    };
    let result = workdir.apply(&made, &intent, &on, &Stop::default()).await;
    assert!(
        result.is_err(),
        "terraform was killed, and its apply is no success"
    );
}

/// Applies in another process until somebody dies of `seed`.
async fn killed_lab(seed: u64) -> Lab {
    let lab = Lab::new(0.2).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "killed::the_process_that_is_killed",
        "--test-threads=1",
    ]);
    child.env(HOME, lab.home.path()).env(SEED, seed.to_string());
    child.stdout(Stdio::null()).stderr(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || child.status().unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(60), ended)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        ended.success(),
        moment(seed).0 == Victim::Terraform,
        "{seed}: {ended}"
    );
    lab
}

/// What the next call finds is what happened.
async fn look(lab: &Lab, seed: u64) {
    let found = lab.workdir.found().unwrap();
    let intent = found
        .intent
        .as_ref()
        .expect("it was on record before anything was made");
    assert_eq!(intent.account, "111122223333");
    match moment(seed).0 {
        // terraform goes on without us, to the end of what it does.
        Victim::Us => {
            let stop = Stop::default();
            if seed.is_multiple_of(2) {
                stop.interrupt();
            }
            lab.workdir.follow(&|_| {}, &stop).await.unwrap();
            assert!(lab.workdir.found().unwrap().running.is_none());
        }
        Victim::Terraform | Victim::Both => {
            assert!(found.running.is_none(), "{seed}");
            let lock = found.stale_lock().expect("the dead left their lock");
            assert_eq!(lock.operation_word(), "apply");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_killed_at_any_moment_is_completed_by_the_next() {
    let runs = SEEDS.map(|seed| tokio::spawn(completes(seed)));
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}

async fn completes(seed: u64) {
    let lab = killed_lab(seed).await;
    look(&lab, seed).await;
    let rest = plan(&lab.workdir).await;
    let intent = record(&lab.workdir);
    let stop = Stop::default();
    lab.workdir
        .apply(&rest, &intent, &|_| {}, &stop)
        .await
        .unwrap();
    assert_eq!(resources(&lab.workdir).await, RESOURCES, "{seed}");
    assert!(!lab.workdir.differs(&stop).await.unwrap(), "{seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_killed_at_any_moment_is_cleared_by_destroy() {
    let runs = SEEDS.map(|seed| tokio::spawn(is_cleared(seed)));
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}

async fn is_cleared(seed: u64) {
    let lab = killed_lab(seed).await;
    look(&lab, seed).await;
    let intent = record(&lab.workdir);
    let destroyed = lab
        .workdir
        .destroy(&|_| {}, &Stop::default())
        .await
        .unwrap();
    assert!(resources(&lab.workdir).await.is_empty(), "{seed}");
    intent.remove(&destroyed).unwrap();
    assert!(lab.workdir.found().unwrap().intent.is_none());
}

#[test]
fn the_moments_are_many_and_everybody_dies() {
    let moments: std::collections::BTreeSet<u64> = SEEDS.map(|s| moment(s).1).collect();
    assert!(moments.len() >= 5, "{moments:?}");
    for victim in [Victim::Terraform, Victim::Us, Victim::Both] {
        assert!(SEEDS.filter(|s| moment(*s).0 == victim).count() >= 2);
    }
}
