//! `schema check` and `schema register` against the lab's registry.

use rlab_contract::envelope::SCHEMA_JSON;
use serde_json::{Value, json};

use crate::scene::Scene;

#[test]
fn a_schema_that_would_break_readers_is_refused_with_the_field_named() {
    let scene = Scene::up();
    scene
        .rlab(&["schema", "check"])
        .succeeded()
        .says("compatible with version");
    let file = scene.scratch().join("edited.avsc");
    let path = file.to_str().unwrap();
    let own = format!("edited-{}-value", uuid::Uuid::new_v4());
    let schema = |verb: &str, more: &[&str]| {
        scene.rlab(&[&["schema", verb, path, "--subject", &own], more].concat())
    };
    std::fs::write(&file, SCHEMA_JSON).unwrap();
    schema("check", &[])
        .succeeded()
        .says("nothing is registered yet");
    schema("register", &[]).succeeded();
    let edit = |edit: &dyn Fn(&mut Vec<Value>)| {
        let mut schema: Value = serde_json::from_str(SCHEMA_JSON).unwrap();
        edit(schema["fields"].as_array_mut().unwrap());
        std::fs::write(&file, schema.to_string()).unwrap();
    };
    edit(&|fields| fields.push(json!({ "name": "tenant", "type": "string" })));
    for verb in ["check", "register"] {
        schema(verb, &[])
            .exited(1)
            .says("field `tenant` is new and has no default");
    }
    edit(&|fields| {
        let symbols = &mut fields[7]["type"][0]["fields"][1]["type"]["symbols"];
        symbols.as_array_mut().unwrap().pop();
    });
    schema("check", &[])
        .exited(1)
        .says("field `payload.outcome` lost the symbol `destroy`");

    edit(&|fields| fields.push(json!({ "name": "tenant", "type": "string", "default": "" })));
    schema("register", &["--dry-run"])
        .succeeded()
        .says("compatible with version 1");
    let ran = schema("register", &["--format", "json"]);
    assert_eq!(ran.succeeded().json()["version"], 2);

    std::fs::write(&file, "{}").unwrap();
    schema("check", &[]).exited(64).says("not an Avro schema");
    scene.rlab(&["node", "stop", "registry"]).succeeded();
    scene
        .rlab(&["schema", "check"])
        .exited(2)
        .says("unreachable");
    scene.ends_clean();
}
