//! Reads a data file, and finds what a schema cannot: sources that are not there, targets of another server,
//! commands that are asked for by another name.

use rlab_document::{Document, DocumentErrors, Problem, one_of, read_toml};
use rlab_runbook::Target;

use crate::need::TOPIC;

use super::format::{Kind, ListsFile, Restriction};

/// The ways to speak to a server that a probe knows.
const INTERFACES: [&str; 4] = ["acls", "plaintext", "scram", TOPIC];

pub(super) fn read(name: &str, text: &str) -> Result<ListsFile, DocumentErrors> {
    let document = read_toml::<ListsFile>(name, text)?;
    let mut problems = Vec::new();
    let file = &document.value;
    for (kind, name, restriction) in file.restrictions() {
        let at = format!("/{}/{}", key(kind), escaped(name));
        common(
            &document,
            &at,
            &restriction.on,
            &restriction.source,
            &mut problems,
        );
        if let Some((message, help)) = unfit(kind, name, restriction) {
            problems.push(document.problem(&at, &message, help));
        }
    }
    for (index, only) in file.only.iter().enumerate() {
        common(
            &document,
            &format!("/only/{index}"),
            &only.on,
            &only.source,
            &mut problems,
        );
    }
    for (name, feature) in &file.feature {
        let at = format!("/feature/{}", escaped(name));
        common(&document, &at, &feature.on, &feature.source, &mut problems);
    }
    for (name, limit) in &file.limit {
        let at = format!("/limit/{}", escaped(name));
        let known = Target::ALL.map(Target::name);
        for target in limit.most.keys() {
            if !known.contains(&target.as_str()) {
                let message = format!("unknown target `{target}`");
                problems.push(document.problem(&at, &message, one_of("targets", target, known)));
            }
        }
        common(&document, &at, &[], &limit.source, &mut problems);
    }
    for (name, ask) in &file.ask {
        if !asks_for(name, ask) {
            let at = format!("/ask/{}", escaped(name));
            let message = format!("`{}` does not ask for `{name}`", ask.join(" "));
            problems.push(document.problem(&at, &message, None));
        }
    }
    match problems.is_empty() {
        true => Ok(document.value),
        false => Err(document.errors(problems)),
    }
}

/// What holds for every entry.
fn common(
    document: &Document<ListsFile>,
    at: &str,
    on: &[Target],
    source: &str,
    problems: &mut Vec<Problem>,
) {
    let file = &document.value;
    for target in on.iter().filter(|target| target.server() != file.of) {
        let message = format!("`{target}` is not {}", file.of.name());
        problems.push(document.problem(&format!("{at}/on"), &message, None));
    }
    if !file.sources.contains_key(source) {
        let help = one_of("sources", source, file.sources.keys().map(String::as_str));
        let message = format!("unknown source `{source}`");
        problems.push(document.problem(&format!("{at}/source"), &message, help));
    }
}

/// What an entry lacks, or what it has that means nothing.
fn unfit(kind: Kind, name: &str, restriction: &Restriction) -> Option<(String, Option<String>)> {
    match kind {
        Kind::Command if !asks_for(name, &restriction.ask) => {
            let asked = restriction.ask.join(" ");
            let help = Some(format!("begin `ask` with the words of `{name}`"));
            Some((format!("`{asked}` does not ask for `{name}`"), help))
        }
        Kind::TopicSetting if restriction.value.is_none() => {
            let help = Some("add the `value` that it is tried with".to_owned());
            Some((format!("`{name}` cannot be tried"), help))
        }
        Kind::Interface if !INTERFACES.contains(&name) => {
            let message = format!("unknown interface `{name}`");
            Some((message, one_of("interfaces", name, INTERFACES)))
        }
        _ => None,
    }
}

/// Whether `ask` is a call of `command`, a container or a subcommand of one (`client|kill`).
fn asks_for(command: &str, ask: &[String]) -> bool {
    let words: Vec<&str> = command.split('|').collect();
    ask.len() >= words.len()
        && words
            .iter()
            .zip(ask)
            .all(|(word, asked)| word.eq_ignore_ascii_case(asked))
}

const fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Command => "command",
        Kind::TopicSetting => "topic_setting",
        Kind::Variable => "variable",
        Kind::Privilege => "privilege",
        Kind::Interface => "interface",
    }
}

/// A name as part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
