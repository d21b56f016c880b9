//! However a drill ends, the lab is mended, or it is said what is not.

use std::net::TcpListener;
use std::process::Command;

use futures::StreamExt;
use rlab_lab::processes::SUPERVISOR;

use super::*;
use crate::clients::runtime;

#[test]
fn ctrl_c_between_two_kills_leaves_no_crash_rule_and_no_stray_load() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &["--set", "kills=40"]);
    scene.wait_for("a kill", SOON, |status| {
        state(status, "command-service")["crash_budget"]
            .as_u64()
            .is_some_and(|left| left < 40)
    });
    signal(child.id(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    nothing_is_left(&scene);
    let strays = effects_of_drills(&scene);
    assert_eq!(strays, 0, "the load went on into the lab's own namespace");
    scene.ends_clean();
}

/// Effects in the lab's own namespace on items that only a drill's load names.
fn effects_of_drills(scene: &Scene) -> usize {
    let site = rlab_lab::servers::Site::load(scene.dir()).unwrap();
    runtime().block_on(async {
        let mysql = site.address("mysql").unwrap();
        let database = rlab_lab::pipeline::own_namespace().database;
        let connected = rlab_lab::servers::connect_mysql(&site, mysql, Some(&database)).await;
        let mut connection = connected.unwrap();
        let effects = rlab_store::snapshot::effects(&mut connection);
        let of_drills = |e: Result<rlab_store::snapshot::EffectRow, _>| {
            std::future::ready(e.unwrap().item_id.starts_with("e002").then_some(()))
        };
        effects.filter_map(of_drills).count().await
    })
}

#[test]
fn a_supervisor_that_dies_under_a_drill_is_no_finding_and_recover_mends_the_lab() {
    let scene = Scene::up();
    let child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    signal(scene.pid(SUPERVISOR), "-9");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("rlab-ops recover"), "{said}");
    scene.rlab(&["up"]).succeeded();
    scene.rlab(&["recover"]).succeeded();
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn ctrl_c_undoes_everything_and_exits_4() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    signal(child.id(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn what_a_killed_drill_left_is_recovered() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    signal(child.id(), "-9");
    child.wait().unwrap();
    assert!(undo_log(&scene).contains("kafka-2"), "{}", undo_log(&scene));
    scene.rlab(&["recover"]).succeeded();
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_second_ctrl_c_stops_at_once_and_leaves_the_record_to_undo_by() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    signal(child.id(), "-INT");
    // Two of the same signal at once would be one.
    std::thread::sleep(Duration::from_millis(100));
    signal(child.id(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(undo_log(&scene).contains("kafka-2"), "{}", undo_log(&scene));
    scene.rlab(&["recover"]).succeeded();
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_node_that_does_not_come_back_is_residual_until_it_does() {
    let scene = Scene::up();
    let child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    let spec = rlab_lab::spec::LabSpec::load(&scene.dir()).unwrap();
    let broker = spec.node("kafka-2").unwrap().clone();
    let in_its_way: Vec<TcpListener> = broker
        .addresses()
        .into_iter()
        .filter_map(|a| TcpListener::bind(a).ok())
        .collect();
    assert!(!in_its_way.is_empty());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("start kafka-2"), "{said}");
    assert!(undo_log(&scene).contains("kafka-2"));
    drop(in_its_way);
    scene.rlab(&["recover"]).succeeded();
    nothing_is_left(&scene);
    scene.ends_clean();
}

/// A directory on a file system of its own that has room for very little.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(path: PathBuf, size: &str) -> Self {
        std::fs::create_dir_all(&path).unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&path);
        assert!(mount.status().unwrap().success(), "mounting needs root");
        Self(path)
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("other")).unwrap();
        let full = std::io::copy(&mut std::io::repeat(0), &mut file).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_under_a_drill_is_no_finding_and_everything_is_undone() {
    let scene = Scene::up();
    let disk = SmallDisk::at(evidence(&scene), "80m");
    let child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    disk.fill();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    nothing_is_left(&scene);
    // And the next one is told before anything is broken.
    drill(&scene, &[]).exited(3).says("evidence prune");
    drop(disk);
    scene.ends_clean();
}
