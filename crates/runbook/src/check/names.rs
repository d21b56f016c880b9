//! Names: their shape, and that no two things are called the same where an expression could not
//! tell them apart.

use super::{Findings, escaped};
use crate::values::VALUES;

pub(super) fn check(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    let maps = [
        ("params", text.params.keys().collect::<Vec<_>>()),
        ("arms", text.arms.keys().collect()),
        ("cases", text.cases.keys().collect()),
        ("load", text.load.keys().collect()),
        ("observe", text.observe.keys().collect()),
    ];
    for (map, names) in maps {
        for name in names.into_iter().filter(|name| !is_name(name)) {
            not_a_name(findings, &format!("/{map}/{}", escaped(name)), name);
        }
    }
    phases(findings);
    collisions(findings);
}

fn phases(findings: &mut Findings<'_>) {
    let phases = &findings.document.value.phases;
    for (index, phase) in phases.iter().enumerate() {
        let at = format!("/phases/{index}/name");
        if !is_name(&phase.name) {
            not_a_name(findings, &at, &phase.name);
        }
        if phases[..index].iter().any(|p| p.name == phase.name) {
            let message = format!("a second phase named `{}`", phase.name);
            findings.value(&at, &message, None);
        }
    }
}

/// Parameters and cases share the names before a dot with nobody; loads and series share theirs
/// with each other.
fn collisions(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    for (map, names) in [
        ("params", text.params.keys().collect::<Vec<_>>()),
        ("cases", text.cases.keys().collect()),
        ("load", text.load.keys().collect()),
        ("observe", text.observe.keys().collect()),
    ] {
        let what = if map == "params" { "parameter" } else { "" };
        for name in names {
            let at = format!("/{map}/{}", escaped(name));
            if names_a_value(name) {
                let message = format!("`{name}` is also the name of a value");
                let help = (!what.is_empty())
                    .then(|| format!("expressions could not tell them apart: rename the {what}"));
                findings.key(&at, &message, help);
            }
            if map == "observe" && text.load.contains_key(name) {
                let message = format!("`{name}` is also the name of a load");
                let help = "their values could not be told apart: rename the series".to_owned();
                findings.key(&at, &message, Some(help));
            }
            if map == "cases" && text.params.contains_key(name) {
                let message = format!("`{name}` is also the name of a parameter");
                let help = format!("`${name}` could be either: rename one");
                findings.key(&at, &message, Some(help));
            }
        }
    }
    if text.cases.contains_key("arm") {
        let help = "in `when` it is the name of the arm".to_owned();
        findings.key("/cases/arm", "`arm` cannot be a name here", Some(help));
    }
}

/// Whether `name` is a value's name, or the first part of one.
fn names_a_value(name: &str) -> bool {
    VALUES
        .iter()
        .any(|spec| spec.name == name || spec.name.split('.').next() == Some(name))
}

/// Snake case: a hyphen would be a subtraction in expressions.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn not_a_name(findings: &mut Findings<'_>, pointer: &str, name: &str) {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let help = is_name(&plain).then(|| format!("names are snake_case: `{plain}`"));
    findings.key(pointer, &format!("`{name}` cannot be a name"), help);
}
