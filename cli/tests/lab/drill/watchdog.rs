//! No fault outlives its owner or its time, without anyone asking.

use super::*;

#[test]
fn what_a_killed_drill_left_is_mended_without_anyone_asking() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &[]);
    broker_is_out(&scene);
    signal(child.id(), "-9");
    child.wait().unwrap();
    assert_ne!(
        undo_log(&scene),
        "",
        "whoever looks at once finds what is to be undone"
    );
    scene.wait_for("mended", SOON, |_| undo_log(&scene).is_empty());
    scene.wait_for("ready", SOON, |status| status["ready"] == true);
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_drill_that_hangs_is_ended_when_its_time_is_over_and_undone() {
    let scene = Scene::up();
    let rest = "  - { name: rest, for: 2s }\n  - { name: broker_back";
    let book = altered(&scene, &[("  - { name: broker_back", rest)]);
    let mut child = start(&scene, book.to_str().unwrap(), &[]);
    journal_says(&scene, r#""begins":"rest""#);
    signal(child.id(), "-STOP");
    scene.wait_for("mended", SOON, |_| undo_log(&scene).is_empty());
    assert_eq!(child.wait().unwrap().code(), None, "ended by a signal");
    scene.wait_for("ready", SOON, |status| status["ready"] == true);
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn the_second_drill_is_told_who_works_on_the_lab() {
    let scene = Scene::up();
    let mut child = start(&scene, "E-002", &[]);
    journal_says(&scene, r#""begins":"steady""#);
    drill(&scene, &[]).exited(2).says("drill E-002 (pid");
    assert_eq!(scene.status()["at_work"]["name"], "drill E-002");
    let steps = scene.status()["to_undo"].as_array().unwrap().len();
    assert!(steps > 0, "a namespace at least is to be undone");
    signal(child.id(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(scene.status()["at_work"].is_null());
    nothing_is_left(&scene);
    scene.ends_clean();
}
