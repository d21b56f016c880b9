//! A drill decides rightly: held, deviated, unknown.

use rlab_lab::secrets::Secrets;
use serde_json::Value;

use super::*;
use crate::scene::running_nodes;

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
    let written = std::fs::read_dir(latest)
        .unwrap()
        .map(|f| f.unwrap().path());
    files.extend(written.filter(|path| path.is_file()));
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
    let changes = [
        ("count: $commands, to: drain,", "count: $commands,"),
        ("    within: 30s\n", "    within: 2s\n"),
    ];
    let book = altered(&scene, &changes);
    let ran = drill_of(&scene, book.to_str().unwrap(), &["--set", "commands=500"]).exited(2);
    assert!(ran.stdout.contains("E-002: unknown"), "{}", ran.stdout);
    for missed in ["crashes@crashes", "orders.obligations@broker_out"] {
        assert!(ran.stdout.contains(missed), "{missed}: {}", ran.stdout);
    }
    nothing_is_left(&scene);
    scene.ends_clean();
}

/// What was expected and not seen.
fn unknown_for(scene: &Scene, changes: &[(&str, &str)], reason: &str) {
    let book = altered(scene, changes);
    let ran = drill_of(scene, book.to_str().unwrap(), &[]).exited(2);
    assert!(ran.stdout.contains("E-002: unknown"), "{}", ran.stdout);
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    nothing_is_left(scene);
}

#[test]
fn without_its_faults_or_its_load_a_drill_decides_nothing() {
    let scene = Scene::up();
    let crash =
        "    do: [ crash: { agent: command_service, point: after_commit, times: $kills } ]\n";
    let suppressed = [(crash, ""), ("    within: 30s\n", "    within: 2s\n")];
    unknown_for(&scene, &suppressed, "crashes@crashes = 0");
    let throttled = [
        ("min: 500", "min: 1"),
        ("rate: 300/s", "rate: 1/s"),
        ("default: 6000", "default: 10"),
        ("    within: 30s\n", "    within: 2s\n"),
    ];
    let book = altered(&scene, &throttled);
    let ran = drill_of(&scene, book.to_str().unwrap(), &["--set", "commands=10"]).exited(2);
    assert!(ran.stdout.contains("crashes@crashes"), "{}", ran.stdout);
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn an_outbox_that_is_broken_on_purpose_is_a_deviation() {
    let scene = Scene::up();
    let right = "outbox: { must: hold, command_service: { publish: outbox } }";
    let broken = right.replace("publish: outbox", "publish: direct");
    let book = altered(&scene, &[(right, &broken)]);
    let ran = drill_of(&scene, book.to_str().unwrap(), &[]).exited(1);
    assert!(ran.stdout.contains("E-002: deviated"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("outbox must hold, but `ledger.lost == 0`"),
        "{}",
        ran.stdout
    );
    nothing_is_left(&scene);
    scene.ends_clean();
}
