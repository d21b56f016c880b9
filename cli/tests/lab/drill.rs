//! The drill E-002 on real servers: it decides rightly, and leaves nothing behind however it ends.

use std::time::Duration;

use futures::StreamExt;
use rlab_lab::processes::SUPERVISOR;
use rlab_lab::secrets::Secrets;
use rlab_store::MySqlConnection;
use serde_json::Value;

use crate::scene::{Ran, Scene, evidence, running_nodes, signal, state};

const SMALL: [&str; 2] = ["--set", "commands=3000"];

fn arguments<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["drill", "E-002", "--evidence", root, "--seed", "7"];
    // What a test sets itself comes in place of the small drill's default.
    if !more.iter().any(|m| m.starts_with("commands=")) {
        all.extend(SMALL);
    }
    all.extend(more);
    all
}

fn drill(scene: &Scene, more: &[&str]) -> Ran {
    let root = evidence(scene);
    scene.rlab(&arguments(root.to_str().unwrap(), more))
}

/// Schemas of drills that are still there.
fn namespaces(scene: &Scene) -> Vec<String> {
    let site = rlab_lab::servers::Site::load(scene.dir()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let all = runtime.block_on(async {
        let mut mysql: MySqlConnection = rlab_lab::pipeline::admin_connection(&site).await.unwrap();
        rlab_store::namespace::list(&mut mysql).await.unwrap()
    });
    all.into_iter()
        .filter(|name| name.starts_with("rlab_e002"))
        .collect()
}

fn nothing_is_left(scene: &Scene) {
    assert_eq!(namespaces(scene), Vec::<String>::new());
    let undo = std::fs::read_to_string(scene.dir().undo_log()).unwrap_or_default();
    assert_eq!(undo, "");
    let status = scene.status();
    assert_eq!(status["ready"], true, "{status:#}");
    assert!(state(&status, "command-service")["crash_budget"].is_null());
    scene.rlab(&["smoke"]).succeeded();
}

#[test]
fn e_002_catches_direct_produce_and_the_outbox_holds() {
    let scene = Scene::up();
    let ran = drill(&scene, &["--format", "json"]).succeeded();
    assert_eq!(ran.json()["verdict"]["outcome"], "held");
    let latest = evidence(&scene).join("E-002/latest");
    let verdict: Value =
        serde_json::from_slice(&std::fs::read(latest.join("verdict.json")).unwrap()).unwrap();
    let arms = verdict["arms"].as_array().unwrap();
    assert_eq!(arms.len(), 2);
    for arm in arms {
        let controls = arm["controls"].as_array().unwrap();
        assert!(!controls.is_empty() && controls.iter().all(|c| c["caught"] == true));
    }
    let journal = rlab_evidence::journal::verify(&latest.join("journal.jsonl")).unwrap();
    assert!(journal.entries > 20);
    let report = std::fs::read_to_string(latest.join("report.md")).unwrap();
    assert_eq!(
        report.matches("ended by signal 9 at").count(),
        10,
        "{report}"
    );
    no_secret_was_written_down(&scene);
    nothing_is_left(&scene);
    scene.ends_clean();
}

/// Looks through everything a person would attach to a review or send to a colleague.
fn no_secret_was_written_down(scene: &Scene) {
    let secrets = Secrets::load(&scene.dir()).unwrap();
    let passwords = [&secrets.mysql, &secrets.redis, &secrets.kafka].map(|m| m.values());
    let mut all: Vec<&String> = passwords.into_iter().flatten().collect();
    all.push(&secrets.admin_token);
    let latest = evidence(scene).join("E-002/latest");
    let mut files = vec![scene.dir().events(), scene.dir().supervisor_log()];
    files.extend(
        ["journal.jsonl", "plan.json", "verdict.json", "report.md"].map(|f| latest.join(f)),
    );
    let nodes = running_nodes(&scene.status());
    files.extend(nodes.iter().map(|node| scene.dir().node_log(node)));
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        let leaked = all
            .iter()
            .filter(|secret| text.contains(secret.as_str()))
            .count();
        assert_eq!(leaked, 0, "{} holds secrets", file.display());
    }
}

#[test]
fn ctrl_c_between_two_kills_leaves_no_crash_rule_and_no_stray_load() {
    let scene = Scene::up();
    let root = evidence(&scene);
    let mut child = scene.start(&arguments(root.to_str().unwrap(), &["--set", "kills=40"]));
    scene.wait_for("a kill", Duration::from_secs(60), |status| {
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mysql = site.spec.node("mysql").unwrap().front_address(0);
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
    let root = evidence(&scene);
    let child = scene.start(&arguments(root.to_str().unwrap(), &[]));
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
    let root = evidence(&scene);
    let mut child = scene.start(&arguments(root.to_str().unwrap(), &[]));
    broker_is_out(&scene);
    signal(child.id(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn what_a_killed_drill_left_is_recovered() {
    let scene = Scene::up();
    let root = evidence(&scene);
    let mut child = scene.start(&arguments(root.to_str().unwrap(), &[]));
    broker_is_out(&scene);
    signal(child.id(), "-9");
    child.wait().unwrap();
    assert_eq!(namespaces(&scene).len(), 1);
    scene.rlab(&["recover"]).succeeded();
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_drill_does_not_begin_on_a_lab_that_is_not_well() {
    let scene = Scene::up();
    scene.rlab(&["node", "stop", "kafka-3"]).succeeded();
    drill(&scene, &[]).exited(3).says("kafka-3");
    assert!(!evidence(&scene).exists());
    scene.ends_clean();
}

#[test]
fn too_few_kills_and_too_little_traffic_are_unknown_never_held() {
    let scene = Scene::up();
    // The load is over before the first kill could come.
    let ran = drill(&scene, &["--set", "commands=500"]).exited(2);
    assert!(ran.stdout.contains("E-002: unknown"), "{}", ran.stdout);
    for missed in ["crashes@crashes", "orders.obligations@broker_out"] {
        assert!(ran.stdout.contains(missed), "{missed}: {}", ran.stdout);
    }
    nothing_is_left(&scene);
    scene.ends_clean();
}

fn broker_is_out(scene: &Scene) {
    scene.wait_for("a broker out", Duration::from_secs(60), |status| {
        state(status, "kafka-2")["state"] == "stopped"
    });
}
