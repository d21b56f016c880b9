//! Whatever is killed, `status` tells the truth and `up` and `down` work.

use std::time::Duration;

use rlab_lab::processes::SUPERVISOR;
use serde_json::Value;

use crate::clients;
use crate::scene::{Scene, running_nodes, signal, state};

const RECOVERY: Duration = Duration::from_secs(60);

fn ready(status: &Value) -> bool {
    status["ready"] == true
}

#[test]
fn a_killed_up_leaves_a_lab_that_the_next_up_completes() {
    let scene = Scene::new();
    let mut up = scene.start(&["up"]);
    // Killed as soon as there is something to leave behind.
    while scene.processes().len() < 3 {
        assert!(
            up.try_wait().unwrap().is_none(),
            "`up` ended before it could be killed"
        );
    }
    up.kill().unwrap();
    up.wait().unwrap();
    scene.rlab(&["up"]).succeeded();
    assert!(ready(&scene.status()));
    scene.ends_clean();
}

#[test]
fn a_dead_supervisor_is_told_and_its_servers_are_taken_over() {
    let scene = Scene::up();
    let before: Vec<u32> = ["kafka-1", "mysql", "redis"].map(|n| scene.pid(n)).to_vec();
    signal(scene.pid(SUPERVISOR), "-9");
    let status = scene.wait_for("without a supervisor", RECOVERY, |s| {
        s["supervisor_pid"].is_null()
    });
    assert_eq!(status["ready"], false);
    assert_eq!(state(&status, "mysql")["state"], "orphaned");
    scene
        .rlab(&["node", "kill", "kafka-1"])
        .says("is not running");
    scene.rlab(&["up"]).succeeded();
    let after: Vec<u32> = ["kafka-1", "mysql", "redis"].map(|n| scene.pid(n)).to_vec();
    assert_eq!(before, after);
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}

#[test]
fn a_lab_without_a_supervisor_goes_down_clean() {
    let scene = Scene::fresh();
    signal(scene.pid(SUPERVISOR), "-9");
    scene.ends_clean();
}

#[test]
fn every_node_that_is_killed_comes_back_and_the_restart_is_counted() {
    let scene = Scene::up();
    let before = scene.status();
    for node in running_nodes(&before) {
        let restarts = |status: &Value| state(status, &node)["restarts"].as_u64().unwrap();
        signal(scene.pid(&node), "-9");
        scene.wait_for("restarted", RECOVERY, |s| restarts(s) > restarts(&before));
    }
    scene.wait_for("ready", RECOVERY, ready);
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}

#[test]
fn after_everything_was_killed_at_once_what_was_acknowledged_is_still_there() {
    let scene = Scene::up();
    let acknowledged = clients::post_commands(&scene, 20);
    clients::wait_until_readable(&scene, &acknowledged);
    for process in scene.processes() {
        signal(process.pid, "-9");
    }
    let status = scene.wait_for("stopped", RECOVERY, |s| {
        s["supervisor_pid"].is_null() && state(s, "mysql")["state"] == "stopped"
    });
    assert_eq!(status["ready"], false);
    scene.rlab(&["up"]).succeeded();
    clients::wait_until_readable(&scene, &acknowledged);
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}

#[test]
fn two_ups_at_once_bring_up_one_lab() {
    let scene = Scene::new();
    let ups = [scene.start(&["up"]), scene.start(&["up"])];
    for up in ups {
        let output = up.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let processes = scene.processes();
    let supervisors = processes.iter().filter(|p| p.node == SUPERVISOR).count();
    let databases = processes
        .iter()
        .filter(|p| p.node == "mysql" && p.leader)
        .count();
    assert_eq!((supervisors, databases), (1, 1));
    scene.ends_clean();
}

#[test]
fn left_over_lock_and_socket_files_stop_nobody() {
    let scene = Scene::new();
    let dir = scene.dir();
    std::fs::create_dir_all(dir.path()).unwrap();
    std::fs::write(dir.lock(), "4711").unwrap();
    std::fs::write(dir.socket(), "").unwrap();
    scene.rlab(&["up"]).succeeded();
    scene.ends_clean();
}

#[test]
fn a_supervisor_that_hangs_is_told_and_down_ends_it() {
    let scene = Scene::fresh();
    signal(scene.pid(SUPERVISOR), "-STOP");
    let status = scene.status();
    assert_eq!(status["ready"], false, "{status:#}");
    scene.ends_clean();
}

#[test]
fn ctrl_c_during_up_stops_what_was_started_and_exits_4() {
    let scene = Scene::new();
    let mut up = scene.start(&["up"]);
    while scene.processes().len() < 3 {
        assert!(
            up.try_wait().unwrap().is_none(),
            "`up` ended before it could be interrupted"
        );
    }
    signal(up.id(), "-INT");
    assert_eq!(up.wait().unwrap().code(), Some(4));
    assert_eq!(scene.processes(), []);
}
