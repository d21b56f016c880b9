//! What E-002 plans, and how parameters change it.

use std::collections::BTreeSet;

use rlab_runbook::{ACTIONS, ResolveError, Step, find, json_schema, plan};

fn set(overrides: &[(&str, &str)]) -> Vec<(String, String)> {
    overrides
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn the_plan_of_e_002_tells_each_step_and_its_undo() {
    let resolved = find("E-002").unwrap().resolve(&[]).unwrap();
    let plan = plan(&resolved);
    insta::assert_snapshot!(plan.to_string());
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["schema"], "rlab/plan/v1");
    assert_eq!(
        json["arms"][0]["settings"]["command_service"]["publish"],
        "direct"
    );
    assert_eq!(
        json["arms"][0]["phases"][2]["steps"][0]["undo"],
        "broker.start 2"
    );
}

#[test]
fn arms_and_phases_keep_the_order_of_the_file() {
    let resolved = find("E-002").unwrap().resolve(&[]).unwrap();
    assert!(resolved.arms.keys().eq(["direct", "outbox"]));
    let phases: Vec<&str> = resolved.phases.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        phases,
        ["steady", "crashes", "broker_out", "broker_back", "drain"]
    );
}

#[test]
fn overrides_reach_every_place_that_uses_them() {
    let overrides = set(&[("commands", "600"), ("kills", "2")]);
    let resolved = find("E-002").unwrap().resolve(&overrides).unwrap();
    assert_eq!(resolved.load["orders"].count.unwrap().get(), 600);
    assert!(matches!(&resolved.phases[1].steps[0], Step::Crash { times, .. } if times.get() == 2));
    let crashed_twice = |_: &_| Some(rlab_runbook::Value::Number(2.0));
    let until = resolved.phases[1].until.as_ref().unwrap();
    assert_eq!(
        until.condition.evaluate(&crashed_twice),
        rlab_runbook::Truth::True
    );
}

#[test]
fn all_wrong_overrides_are_named_at_once() {
    let overrides = set(&[
        ("commands", "10"),
        ("kills", "51"),
        ("comands", "600"),
        ("kills", "five"),
        ("seed", "1"),
    ]);
    let Err(ResolveError::Parameters(errors)) = find("E-002").unwrap().resolve(&overrides) else {
        panic!("wrong overrides were taken");
    };
    insta::assert_snapshot!(errors.to_string(), @r"
    commands: 10 is below the minimum 500
    kills: 51 is above the maximum 50
    unknown parameter `comands`: did you mean `commands`?
    kills: `five` is not an integer
    unknown parameter `seed`: known parameters: `commands`, `kills`
    ");
}

#[test]
fn the_published_schema_names_every_action() {
    let schema = json_schema();
    let actions = schema["$defs"]["Action"]["properties"].as_object().unwrap();
    let names: BTreeSet<&str> = actions.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = ACTIONS.iter().map(|action| action.name).collect();
    assert_eq!(names, known);
    assert!(known.contains("crash"));
}

#[test]
fn a_resolved_drill_can_move_between_tasks() {
    fn moves<T: Send + Sync + 'static>(_: &T) {}
    moves(&find("E-002").unwrap().resolve(&[]).unwrap());
}
