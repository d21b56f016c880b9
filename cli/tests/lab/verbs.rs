//! The verbs on a lab that is well.

use std::time::Duration;

use crate::scene::{Scene, state};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn up_again_changes_nothing() {
    let scene = Scene::up();
    let before = scene.processes();
    scene.rlab(&["up"]).succeeded();
    let pids = |all: &[rlab_lab::processes::Found]| {
        let mut pids: Vec<u32> = all.iter().map(|p| p.pid).collect();
        pids.sort_unstable();
        pids
    };
    assert_eq!(pids(&before), pids(&scene.processes()));
    scene.rlab(&["up", "--dry-run"]).succeeded().says("nothing");
    scene.ends_clean();
}

#[test]
fn a_node_is_stopped_started_killed_paused_and_resumed() {
    let scene = Scene::up();
    let is = |node: &str, wanted: &str| {
        let status = scene.status();
        assert_eq!(state(&status, node)["state"], wanted, "{status:#}");
    };
    scene.rlab(&["node", "stop", "redis"]).succeeded();
    is("redis", "stopped");
    scene.rlab(&["node", "start", "redis"]).succeeded();
    is("redis", "ready");
    let killed = scene.pid("kafka-2");
    scene.rlab(&["node", "kill", "kafka-2"]).succeeded();
    is("kafka-2", "stopped");
    scene.rlab(&["node", "start", "kafka-2"]).succeeded();
    assert_ne!(scene.pid("kafka-2"), killed);
    scene.rlab(&["node", "pause", "mysql"]).succeeded();
    is("mysql", "paused");
    assert!(
        scene
            .processes()
            .iter()
            .any(|p| p.node == "mysql" && p.paused)
    );
    scene.rlab(&["node", "resume", "mysql"]).succeeded();
    scene.wait_for("ready", SOON, |s| s["ready"] == true);
    scene
        .rlab(&["node", "stop", "kafka-22"])
        .exited(64)
        .says("kafka-2");
    scene.ends_clean();
}

#[test]
fn a_paused_node_does_not_keep_the_lab_from_going_down() {
    let scene = Scene::fresh();
    scene.rlab(&["node", "pause", "kafka-3"]).succeeded();
    scene.ends_clean();
}

#[test]
fn two_labs_live_side_by_side() {
    let one = Scene::up();
    let two = Scene::named("two", 5_000);
    two.rlab(&["up"]).succeeded();
    one.rlab(&["smoke"]).succeeded();
    two.rlab(&["smoke"]).succeeded();
    one.ends_clean();
    two.rlab(&["smoke"]).succeeded();
    two.ends_clean();
}

#[test]
fn logs_show_what_a_node_wrote() {
    let scene = Scene::up();
    scene
        .rlab(&["logs", "kafka-1", "-n", "100000"])
        .succeeded()
        .says("Kafka Server started");
    scene
        .rlab(&["logs", "mysql", "-n", "100000"])
        .succeeded()
        .says("ready for connections");
    scene.ends_clean();
}

#[test]
fn smoke_injects_nothing_into_a_lab_that_is_not_well() {
    let scene = Scene::up();
    scene.rlab(&["node", "stop", "query-service"]).succeeded();
    scene.rlab(&["smoke"]).exited(3).says("query-service");
    scene.ends_clean();
}

#[test]
fn purging_removes_the_data_and_only_with_the_labs_name() {
    let scene = Scene::fresh();
    scene
        .rlab(&["down", "--purge", "--confirm", "other"])
        .exited(6);
    assert!(scene.dir().exists());
    scene
        .rlab(&["down", "--purge", "--confirm", "one"])
        .succeeded();
    assert!(!scene.dir().path().exists());
    assert_eq!(scene.processes(), []);
}
