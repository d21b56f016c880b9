//! What is checked in: generated files, tables of the model, permissions of runbooks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rlab_access::{
    Actions, Artifacts, FOLDER, Kind, Model, check, drill_policy, generate, lint, read_folder,
};

const MIGRATION: &str = include_str!("../../store/migrations/0001_pipeline.sql");

fn model() -> Model {
    Model::built_in().unwrap()
}

fn checked_in() -> Artifacts {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    read_folder(&root.join(FOLDER)).unwrap()
}

#[test]
fn the_files_that_are_checked_in_are_what_the_model_makes_and_do_what_it_says() {
    let report = check(&model(), &checked_in(), FOLDER);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.cells > 1000, "{} cells", report.cells);
}

#[test]
fn the_same_model_makes_the_same_bytes() {
    assert_eq!(generate(&model()), generate(&model()));
}

/// Table → its columns, as the migration makes them.
fn tables() -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for part in MIGRATION.split("CREATE TABLE ").skip(1) {
        let (name, rest) = part.split_once(" (\n").unwrap();
        let (body, _) = rest.split_once("\n) ENGINE").unwrap();
        let columns = body
            .lines()
            .map(|line| line.split_whitespace().next().unwrap());
        let columns =
            columns.filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        tables.insert(name.to_owned(), columns.map(str::to_owned).collect());
    }
    tables
}

#[test]
fn the_tables_of_the_model_are_those_of_the_schema_with_their_columns() {
    let tables = tables();
    let model = model();
    let mut named = BTreeSet::new();
    for resource in model.file().resources.values() {
        if resource.kind == Kind::MysqlTable {
            named.extend(resource.names.iter().cloned());
            if !resource.columns.is_empty() {
                assert_eq!(resource.columns, tables[&resource.names[0]]);
            }
        }
    }
    assert_eq!(named, tables.keys().cloned().collect());
}

#[test]
fn every_drill_has_a_policy_of_known_actions_that_needs_nothing_looked_over() {
    let (model, actions) = (model(), Actions::built_in());
    for runbook in rlab_runbook::list().unwrap() {
        let drill = runbook.resolve(&[]).unwrap();
        let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
        let steps: Vec<_> = steps
            .map(|step| (step.describe(), step.permissions()))
            .collect();
        let made = drill_policy(&model, runbook.id(), steps, &BTreeMap::new()).unwrap();
        let text = serde_json::to_string_pretty(&made.policy).unwrap();
        let found = lint(&actions, runbook.id(), &text);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_failover_drill_gets_what_its_steps_take_and_not_what_others_take() {
    let drill = rlab_runbook::find("E-045").unwrap().resolve(&[]).unwrap();
    let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
    let steps: Vec<_> = steps
        .map(|step| (step.describe(), step.permissions()))
        .collect();
    let values = BTreeMap::from([("region".to_owned(), "eu-west-1".to_owned())]);
    let made = drill_policy(&model(), "E-045", steps, &values).unwrap();
    let text = serde_json::to_string(&made.policy).unwrap();
    let without = drill_policy(&model(), "E-002", Vec::new(), &BTreeMap::new()).unwrap();
    let without = serde_json::to_string(&without.policy).unwrap();
    for wanted in [
        "kafka:RebootBroker",
        "rds:RebootDBInstance",
        "elasticache:TestFailover",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
        assert!(!without.contains(wanted), "{wanted}: {without}");
    }
    assert!(!text.contains("${region}") && !made.placeholders.contains_key("region"));
    assert!(
        made.placeholders.contains_key("kafka_cluster"),
        "{:?}",
        made.placeholders
    );
}
