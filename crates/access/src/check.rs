//! Whether the generated files are what the model makes, and whether they do what it says.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::actions::Actions;
use crate::cell::Cell;
use crate::evaluate::{Answer, Evaluators, file_of};
use crate::finding::{Finding, Place, Report, Rule};
use crate::generate::{Artifacts, arns, generate, policy, policy_file};
use crate::matrix::matrix;
use crate::model::Model;
use crate::placeholder::sampled;
use crate::policy::{Policy, Subset, lint, read, subset};

/// Where generated files lie, from the root of the sources.
pub const FOLDER: &str = "iam/generated";

/// The files in `folder`, by name; none when it is not there.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn read_folder(folder: &Path) -> io::Result<Artifacts> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Artifacts::new()),
        entries => entries?,
    };
    let mut files = Artifacts::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let text = std::fs::read_to_string(entry.path())?;
            files.insert(entry.file_name().to_string_lossy().into_owned(), text);
        }
    }
    Ok(files)
}

/// Writes `files` into `folder` and removes from it what is none of them. Returns the names of those that
/// were not so before.
///
/// # Errors
/// When the folder or a file in it cannot be read or written.
pub fn write_folder(folder: &Path, files: &Artifacts) -> io::Result<Vec<String>> {
    let before = read_folder(folder)?;
    std::fs::create_dir_all(folder)?;
    let mut changed = Vec::new();
    for (name, text) in files {
        if before.get(name) != Some(text) {
            std::fs::write(folder.join(name), text)?;
            changed.push(name.clone());
        }
    }
    for name in before.keys().filter(|name| !files.contains_key(*name)) {
        std::fs::remove_file(folder.join(name))?;
        changed.push(name.clone());
    }
    Ok(changed)
}

/// Compares `files` with what `model` makes, looks each policy over, and proves the files. `folder` is what
/// findings call the place where they lie.
pub fn check(model: &Model, files: &Artifacts, folder: &str) -> Report {
    let mut findings = compared(model, files, folder);
    let actions = Actions::built_in();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        findings.extend(lint(&actions, &format!("{folder}/{name}"), text));
    }
    let cells = matrix(model);
    findings.extend(subsets(model, files, folder, &cells));
    findings.extend(asked(&cells, files, folder));
    Report::new(cells.len(), findings)
}

/// Asks `files` for every cell of `model`: the finding of each that is answered otherwise.
pub fn prove(model: &Model, files: &Artifacts, folder: &str) -> Report {
    let cells = matrix(model);
    let findings = asked(&cells, files, folder);
    Report::new(cells.len(), findings)
}

/// The first line of each file that is not what `model` makes, and the files that are missing or too many.
fn compared(model: &Model, files: &Artifacts, folder: &str) -> Vec<Finding> {
    const AGAIN: &str = "change iam/access.toml instead, then: rlab-ops iam generate";
    let made = generate(model);
    let mut findings = Vec::new();
    for (name, wanted) in &made {
        let path = format!("{folder}/{name}");
        match files.get(name) {
            None => findings.push(Finding::new(
                Rule::WrongFiles,
                Place::line(&path, 1),
                "is missing".to_owned(),
                "rlab-ops iam generate",
            )),
            Some(found) => findings.extend(differing(wanted, found).map(|(line, what)| {
                Finding::new(Rule::EditedByHand, Place::line(&path, line), what, AGAIN)
            })),
        }
    }
    for name in files.keys().filter(|name| !made.contains_key(*name)) {
        let place = Place::line(&format!("{folder}/{name}"), 1);
        let message = "the model makes no such file".to_owned();
        findings.push(Finding::new(Rule::WrongFiles, place, message, "remove it"));
    }
    findings
}

/// The first line in which two texts differ, and how.
fn differing(wanted: &str, found: &str) -> Option<(usize, String)> {
    if wanted == found {
        return None;
    }
    let (mut made, mut there) = (wanted.split('\n'), found.split('\n'));
    let mut line = 1;
    loop {
        match (made.next(), there.next()) {
            (Some(one), Some(other)) if one == other => line += 1,
            (one, other) => {
                let shown = |line: Option<&str>| match line {
                    None => "nothing more".to_owned(),
                    Some(text) => format!("`{}`", text.trim()),
                };
                let message = format!("the model makes {}, not {}", shown(one), shown(other));
                return Some((line, message));
            }
        }
    }
}

/// Each policy against the one that the model makes for its agent.
fn subsets(model: &Model, files: &Artifacts, folder: &str, cells: &[Cell]) -> Vec<Finding> {
    let actions = Actions::built_in().names();
    let mut resources: Vec<String> = cells
        .iter()
        .flat_map(|cell| arns(cell.instance.kind, &cell.instance.name))
        .map(|arn| sampled(&arn).replace("-??????", "-AbC123"))
        .collect();
    resources.sort();
    resources.dedup();
    let mut findings = Vec::new();
    for agent in model.file().agents.keys() {
        let name = policy_file(agent);
        let path = format!("{folder}/{name}");
        let Some(document) = files
            .get(&name)
            .and_then(|text| read(&path, &sampled(text)).ok())
        else {
            continue;
        };
        let Some(reference) = filled(&policy(model, agent)) else {
            continue;
        };
        let line = |statement: usize| {
            document
                .problem(&format!("/Statement/{statement}"), "", None)
                .line
        };
        match subset(&document.value, &reference, &actions, &resources) {
            Subset::Yes => {}
            Subset::No(witness) => findings.push(Finding::new(
                Rule::NotSubset,
                Place::line(&path, line(witness.statement)),
                format!("allows {} on {}", witness.action, witness.resource),
                "take it out, or grant it in the model with a reason",
            )),
            Subset::Unknown { statements, why } => findings.push(Finding::new(
                Rule::Undecided,
                Place::line(&path, statements.first().map_or(1, |&first| line(first))),
                format!("cannot be compared with the model: {why}"),
                "write the statement without it",
            )),
        }
    }
    findings
}

/// `policy` with samples in place of its placeholders.
fn filled(policy: &Policy) -> Option<Policy> {
    let text = serde_json::to_string(policy).ok()?;
    serde_json::from_str(&sampled(&text)).ok()
}

fn asked(cells: &[Cell], files: &Artifacts, folder: &str) -> Vec<Finding> {
    let (evaluators, unreadable) = Evaluators::read(files);
    let mut findings: Vec<Finding> = unreadable
        .into_iter()
        .map(|line| {
            let place = Place::line(&format!("{folder}/{}", line.file), line.line);
            Finding::new(
                Rule::MalformedPolicy,
                place,
                line.why,
                "rlab-ops iam generate",
            )
        })
        .collect();
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for cell in cells {
        let file = file_of(cell);
        let path = paths
            .entry(file)
            .or_insert_with_key(|file| format!("{folder}/{file}"));
        let place = || Place::cell(path, cell.id());
        let found = match (evaluators.ask(cell), cell.allowed) {
            (Answer::Allowed, true) | (Answer::Denied, false) => continue,
            (Answer::Allowed, false) => (
                Rule::TooWide,
                "allowed, and the model denies it".to_owned(),
                "take it out, or grant it in the model with a reason",
            ),
            (Answer::Denied, true) => (
                Rule::TooNarrow,
                "denied, and the model allows it".to_owned(),
                "rlab-ops iam generate",
            ),
            (Answer::Unknown(statement), _) => (
                Rule::Undecided,
                format!("cannot be decided: {statement}"),
                "write the statement without what decides it",
            ),
        };
        findings.push(Finding::new(found.0, place(), found.1, found.2));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_taken_out_of_any_file_is_found_where_it_stood() {
        let model = Model::built_in().unwrap();
        for (name, text) in generate(&model) {
            let lines: Vec<&str> = text.lines().collect();
            for at in 0..lines.len() {
                // Of equal neighbours nobody can tell which one is gone.
                if lines.get(at + 1) == Some(&lines[at]) {
                    continue;
                }
                let mut less = lines.clone();
                less.remove(at);
                let (line, _) = differing(&text, &(less.join("\n") + "\n")).unwrap();
                assert_eq!(line, at + 1, "{name}");
            }
        }
    }

    #[test]
    fn each_file_is_compared_with_the_one_of_its_name() {
        let model = Model::built_in().unwrap();
        let mut files = generate(&model);
        assert_eq!(compared(&model, &files, FOLDER), []);
        files.insert("runner.json".to_owned(), "{\n}\n".to_owned());
        let found = compared(&model, &files, FOLDER);
        assert_eq!(found[0].place, Place::line("iam/generated/runner.json", 2));
        assert_eq!(found[0].rule, Rule::EditedByHand);
    }
}
