//! The sources of agents, and of drills for the runner, give Redis no command that the permission model does not
//! grant, and it grants none that nobody gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rlab_access::Model;
use rlab_compat::{Kind, needs};

/// What every user may do, whatever its rules are: to prove who it is.
const EVERYBODY: [&str; 1] = ["auth"];
/// How a command is named in the sources: to the client, in a pipeline, in a script.
const BEFORE: [&str; 3] = ["redis::cmd(\"", ".cmd(\"", "redis.call('"];
/// Traits by which a command would be given without its name.
const UNNAMED: [&str; 3] = [
    "redis::Commands",
    "redis::AsyncCommands",
    "AsyncTypedCommands",
];

fn sources(directory: &Path) -> Vec<PathBuf> {
    if directory.is_file() {
        return vec![directory.to_owned()];
    }
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    let found = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => sources(&path),
        path => vec![path],
    });
    found
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// Agents and what they share.
const AGENTS: [&str; 2] = ["agents", "crates/agent-kit/src"];
/// What drills do beside the servers: how those are looked at, loads, what is collected, and how namespaces come
/// and go. Drills about permissions and about what AWS lacks are the administrator of a lab on this machine, and so
/// are faults.
const RUNNER: [&str; 4] = [
    "crates/drill/src/load",
    "crates/drill/src/collect",
    "crates/lab/src/pipeline.rs",
    "crates/lab/src/servers/theirs.rs",
];

/// Commands by the file that gives them, of all files in `places`.
fn given(places: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in places.iter().flat_map(|place| sources(&root.join(place))) {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.display().to_string();
        for name in UNNAMED {
            assert!(
                !text.contains(name),
                "{file} gives commands without naming them"
            );
        }
        for before in BEFORE {
            for rest in text.split(before).skip(1) {
                let end = rest.find(['"', '\'']).unwrap();
                let command = rest[..end].to_lowercase();
                given.entry(command).or_default().insert(file.clone());
            }
        }
    }
    given
}

#[test]
fn agents_give_redis_no_command_that_the_model_lacks() {
    let needs = needs(&Model::built_in().unwrap());
    let runner_only = BTreeSet::from(["runner".to_owned()]);
    let granted: BTreeSet<&str> = needs
        .iter()
        .filter(|need| need.kind == Kind::Command && need.by != runner_only)
        .map(|need| need.name.as_str())
        .collect();
    let given = given(&AGENTS);
    assert!(
        given.contains_key("eval") && given.contains_key("hget"),
        "{given:?}"
    );
    let strangers: Vec<_> = given
        .iter()
        .filter(|(name, _)| !granted.contains(name.as_str()) && !EVERYBODY.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "{strangers:#?}");
}

#[test]
fn what_the_model_grants_to_agents_is_given_somewhere() {
    let given = given(&AGENTS);
    let needs = needs(&Model::built_in().unwrap());
    let idle: Vec<&str> = needs
        .iter()
        .filter(|need| need.kind == Kind::Command && need.by.iter().any(|by| by != "runner"))
        .map(|need| need.name.as_str())
        .filter(|name| !given.contains_key(*name))
        .collect();
    assert!(idle.is_empty(), "granted, and given by nobody: {idle:?}");
}

#[test]
fn drills_and_agents_as_the_runner_give_redis_exactly_what_the_model_grants_it() {
    let model = Model::built_in().unwrap();
    let needs = needs(&model);
    let granted: BTreeSet<&str> = needs
        .iter()
        .filter(|need| need.kind == Kind::Command && need.by.contains("runner"))
        .map(|need| need.name.as_str())
        .collect();
    let given = given(&[&RUNNER[..], &AGENTS].concat());
    let given = given.keys().map(String::as_str);
    let given: BTreeSet<&str> = given.filter(|name| !EVERYBODY.contains(name)).collect();
    assert_eq!(given, granted);
}
