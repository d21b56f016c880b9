//! What cannot be brought up is refused with the place, the reason and the next step, and nothing
//! is half done.

use std::net::TcpListener;

use crate::scene::Scene;

#[test]
fn a_taken_port_names_its_holder_and_nothing_starts() {
    let scene = Scene::new();
    let port = 13_306 + scene.port_offset();
    let held = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let me = format!("pid {}", std::process::id());
    scene
        .rlab(&["up"])
        .exited(2)
        .says(&format!("127.0.0.1:{port}"))
        .says(&me)
        .says("hint:");
    assert_eq!(scene.processes(), []);
    drop(held);
}

#[test]
fn an_unknown_profile_is_refused_with_a_suggestion() {
    let scene = Scene::new();
    scene
        .rlab(&["up", "--profile", "locla"])
        .exited(64)
        .says("--profile local");
    assert!(!scene.dir().path().exists());
}

#[test]
fn every_mistake_in_a_profile_is_told_at_once_with_its_line() {
    let scene = Scene::new();
    let file = scene.scratch().join("mine.toml");
    let local = include_str!("../../../profiles/local.toml");
    let wrong = local.replace("heap_mib = 256 ", "heep_mib = 256 ").replace(
        "zone = \"az-c\"\nheap_mib = 96",
        "zone = \"az-d\"\nheap_mib = \"96\"",
    );
    std::fs::write(&file, wrong).unwrap();
    let ran = scene
        .rlab(&["up", "--profile", file.to_str().unwrap()])
        .exited(64);
    let ran = ran.says("heep_mib").says("heap_mib").says("mine.toml:");
    assert!(
        ran.stderr.matches("mine.toml:").count() >= 2,
        "{}",
        ran.stderr
    );
    assert!(!scene.dir().path().exists());
}

#[test]
fn data_of_another_version_is_refused_and_untouched() {
    let scene = Scene::fresh();
    scene.rlab(&["down"]).succeeded();
    let file = scene.dir().spec();
    let spec = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, spec.replace("\"kafka\": \"4.", "\"kafka\": \"3.")).unwrap();
    let before = std::fs::read_to_string(&file).unwrap();
    scene
        .rlab(&["up"])
        .exited(2)
        .says("another version")
        .says("kafka 3.")
        .says("--purge");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    assert_eq!(scene.processes(), []);
}

#[test]
fn a_lab_of_an_earlier_format_is_refused_and_untouched() {
    let scene = Scene::new();
    let file = scene.dir().spec();
    std::fs::create_dir_all(scene.dir().path()).unwrap();
    let before = r#"{ "format": 2, "lab": "one" }"#;
    std::fs::write(&file, before).unwrap();
    scene
        .rlab(&["up"])
        .exited(2)
        .says("directory format 2")
        .says("--purge");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    assert_eq!(scene.processes(), []);
}

#[test]
fn another_port_offset_than_the_labs_own_is_refused() {
    let scene = Scene::up();
    let own = scene.port_offset();
    let other = (own + 100).to_string();
    scene
        .rlab(&["up", "--port-offset", &other])
        .exited(64)
        .says(&format!("--port-offset {own}"));
    scene.ends_clean();
}

#[test]
fn a_node_that_dies_while_starting_is_named_with_its_last_log_lines() {
    let scene = Scene::fresh();
    scene.rlab(&["down"]).succeeded();
    std::fs::write(
        scene.dir().node("mysql").join("data/ibdata1"),
        "not a tablespace",
    )
    .unwrap();
    scene
        .rlab(&["up"])
        .exited(2)
        .says("node `mysql` failed")
        .says("last log lines")
        .says("rlab-ops logs mysql");
    scene.ends_clean();
}

#[test]
fn a_lab_that_does_not_exist_is_refused_by_every_verb() {
    let scene = Scene::new();
    for verb in [
        &["status"][..],
        &["logs"],
        &["smoke"],
        &["down"],
        &["drill", "E-002"],
    ] {
        scene
            .rlab(verb)
            .exited(64)
            .says("there is no lab `one`")
            .says("rlab-ops up");
    }
}
