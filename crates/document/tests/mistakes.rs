//! Every kind of mistake is reported with its place and what to write instead, all at once.

use std::collections::BTreeMap;

use miette::{GraphicalReportHandler, GraphicalTheme};
use rlab_document::{DocumentErrors, HumanDuration, Rate, read_toml, read_yaml};
use schemars::JsonSchema;
use serde::Deserialize;

/// A lab, as a stand-in for real documents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lab {
    name: String,
    engine: Engine,
    port_offset: Option<u16>,
    ready_within: HumanDuration,
    load: Option<Rate>,
    #[serde(default)]
    nodes: BTreeMap<String, Node>,
    #[serde(default)]
    zones: Vec<String>,
}

/// How it is brought up.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Engine {
    /// Child processes.
    Process,
    /// Containers.
    Compose,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Node {
    heap_bytes: u32,
    restart: Option<Restart>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Restart {
    Always,
    OnFailure,
}

fn rendered(errors: &DocumentErrors) -> String {
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .render_report(&mut out, errors)
        .unwrap();
    out
}

fn yaml(text: &str) -> String {
    rendered(&read_yaml::<Lab>("lab.yaml", text).unwrap_err())
}

fn toml(text: &str) -> String {
    rendered(&read_toml::<Lab>("lab.toml", text).unwrap_err())
}

#[test]
fn every_mistake_of_a_toml_text_is_reported_with_its_place() {
    insta::assert_snapshot!(toml(
        r#"name = 7
engine = "proces"
ready_in = "30s"
load = "fast"
port_offset = 70000
zones = "az-a"

[nodes.broker-1]
heap = 5
restart = "on_failure"
"#
    ));
}

#[test]
fn every_mistake_of_a_yaml_text_is_reported_with_its_place() {
    insta::assert_snapshot!(yaml(
        "name: é\nengine: {kind: compose}\nready_within: 5 minutes\nloda: 5/s # é\n\
         nodes:\n  broker-1: { heap_bytes: -1, restart: never }\n  broker-2: 5\nzones: [az-a, 2]\n"
    ));
}

#[test]
fn syntax_errors_have_a_line_and_a_column() {
    let broken = read_toml::<Lab>("lab.toml", "name = \"x\"\nengine = [1,\n").unwrap_err();
    assert!(broken.problems()[0].line >= 2, "{broken:?}");
    let twice = read_toml::<Lab>("lab.toml", "name = \"x\"\nname = \"y\"\n").unwrap_err();
    assert_eq!(
        (twice.problems()[0].line, twice.problems()[0].column),
        (2, 1)
    );
    insta::assert_snapshot!(yaml("name: é\nengine: [process\nready_within: 5s\n"));
}

#[test]
fn the_unsafe_parts_of_yaml_are_refused() {
    insta::assert_snapshot!(yaml(
        "name: &a x\nengine: *a\nname: y\nload: !rate 5/s\nready_within: 5s\n"
    ));
    let second = read_yaml::<Lab>("lab.yaml", "name: x\n---\nname: y\n").unwrap_err();
    assert_eq!(
        second.problems()[0].message,
        "a second document in one file"
    );
    let deep = read_yaml::<Lab>("lab.yaml", &"[".repeat(100)).unwrap_err();
    assert!(
        deep.problems()[0].message.contains("deeper than"),
        "{deep:?}"
    );
}

#[test]
fn an_empty_text_misses_every_key_rather_than_panicking() {
    for text in ["", "\n", "# nothing\n"] {
        let errors = read_yaml::<Lab>("lab.yaml", text).unwrap_err();
        assert_eq!(errors.problems()[0].line, 1, "{text:?}");
        let errors = read_toml::<Lab>("lab.toml", text).unwrap_err();
        assert_eq!(errors.problems().len(), 3, "{errors:?}");
    }
}

#[test]
fn a_right_text_gives_its_value_and_its_places() {
    let text = "name: é\nengine: process\nready_within: 30s\nzones: [ 'az-a', az-b ]\n";
    let lab = read_yaml::<Lab>("lab.yaml", text).unwrap();
    assert_eq!(lab.value.engine, Engine::Process);
    assert_eq!(lab.value.ready_within, HumanDuration::from_millis(30_000));
    assert_eq!(lab.value.name, "é");
    assert_eq!(lab.value.zones, ["az-a", "az-b"]);
    assert_eq!((lab.value.port_offset, lab.value.load), (None, None));
    let at = |pointer: &str| {
        let span = lab.span(pointer).unwrap();
        &text[span.offset()..span.offset() + span.len()]
    };
    assert_eq!(at("/engine"), "process");
    assert_eq!(at("/zones"), "zones");
    assert_eq!(at("/zones/0"), "'az-a'");
    assert_eq!(at("/zones/1"), "az-b");
    assert!(lab.span("/nowhere").is_none());
    let part = lab.text_problem("/zones/0", 3..4, "no such zone", None);
    assert_eq!((part.line, part.column), (4, 14));
}

#[test]
fn the_same_text_in_toml_has_the_same_places() {
    let text = "name = \"é\"\nengine = \"compose\"\nready_within = \"1m\"\n[nodes.a]\nheap_bytes = 1\nrestart = \"always\"\n";
    let lab = read_toml::<Lab>("lab.toml", text).unwrap();
    assert_eq!(lab.value.nodes["a"].restart, Some(Restart::Always));
    assert_eq!(lab.value.nodes["a"].heap_bytes, 1);
    let key = lab.key_problem("/nodes/a/heap_bytes", "too small", None);
    assert_eq!((key.line, key.column), (5, 1));
    assert_eq!(lab.problem("/nodes/a/nowhere", "missing", None).line, 4);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "[ -~é\n\t]{0,80}") {
        let _ = read_yaml::<Lab>("lab.yaml", &text);
        let _ = read_toml::<Lab>("lab.toml", &text);
    }
}
