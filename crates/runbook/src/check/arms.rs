//! Arms and cases: that something is expected of each, and that each exists of which something is.

use rlab_document::one_of;

use super::{Findings, escaped, needs_agent};
use crate::agents::Agent;
use crate::cases::combinations;
use crate::format::{Arm, Must, Rows, Table};

pub(super) fn check(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    if text.arms.is_empty() && text.cases.is_empty() {
        let message = "a drill needs at least one arm or a matrix of cases";
        findings.key("/arms", message, None);
    }
    for (name, arm) in &text.arms {
        settings(findings, name, arm);
        expected(findings, name, arm);
    }
    for name in text.expect.arms.keys() {
        if text.arms.contains_key(name) {
            continue;
        }
        let help = one_of("arms", name, text.arms.keys().map(String::as_str));
        let pointer = format!("/expect/arms/{}", escaped(name));
        findings.key(&pointer, &format!("unknown arm `{name}`"), help);
    }
    cases(findings);
    report(findings);
}

fn settings(findings: &mut Findings<'_>, name: &str, arm: &Arm) {
    let changed = [
        (Agent::CommandService, arm.command_service.is_some()),
        (Agent::ConsumerService, arm.consumer_service.is_some()),
        (Agent::QueryService, arm.query_service.is_some()),
    ];
    for (agent, _) in changed.into_iter().filter(|(_, changed)| *changed) {
        needs_agent(findings, &format!("/arms/{name}/{agent}"), agent);
    }
}

/// With a matrix, `expect.cases` can speak of the arm instead.
fn expected(findings: &mut Findings<'_>, name: &str, arm: &Arm) {
    let expect = &findings.document.value.expect;
    let own = expect.arms.get(name).is_some_and(|list| !list.is_empty());
    if arm.must != Must::Measure && !own && expect.cases.is_empty() {
        nothing_expected(findings, name);
    }
}

/// Reports that nothing is expected of an arm.
pub(crate) fn nothing_expected(findings: &mut Findings<'_>, name: &str) {
    let message = format!("nothing is expected of arm `{name}`");
    let help = format!("add `{name}: [ ... ]` under `expect.arms`");
    findings.key(&format!("/arms/{}", escaped(name)), &message, Some(help));
}

fn cases(findings: &mut Findings<'_>) {
    if lists(findings) {
        matrix(findings);
    }
    let text = &findings.document.value;
    if text.cases.is_empty() && !text.expect.cases.is_empty() {
        let help = "add `cases`, or move them to `expect.arms`".to_owned();
        findings.key("/expect/cases", "there are no cases", Some(help));
    }
    if text.arms.is_empty() && !text.cases.is_empty() && text.expect.cases.is_empty() {
        let help = "add `cases: [ { when: ..., must: ..., that: [ ... ] } ]` under `expect`";
        let message = "nothing is expected of any case";
        findings.key("/cases", message, Some(help.to_owned()));
    }
    for (index, entry) in text.expect.cases.iter().enumerate() {
        if entry.must != Must::Measure && entry.that.is_empty() {
            let help = "add `that: [ ... ]`".to_owned();
            let at = format!("/expect/cases/{index}/must");
            findings.value(&at, "nothing is expected of these cases", Some(help));
        }
    }
}

/// Whether the lists of the matrix are right, each by itself.
fn lists(findings: &mut Findings<'_>) -> bool {
    let before = findings.problems.len();
    for (name, list) in &findings.document.value.cases {
        let at = format!("/cases/{}", escaped(name));
        for (index, value) in list.0.iter().enumerate() {
            let first = &list.0[0];
            if value.kind() != first.kind() {
                let message = format!("{} beside {}", value.kind(), first.kind());
                let help = "the values of a list are of one kind".to_owned();
                findings.value(&format!("{at}/{index}"), &message, Some(help));
            }
            if list.0[..index].contains(value) {
                let message = format!("`{value}` is there twice");
                findings.value(&format!("{at}/{index}"), &message, None);
            }
        }
    }
    findings.problems.len() == before
}

fn matrix(findings: &mut Findings<'_>) {
    let matrix = findings.document.value.cases.iter();
    let matrix = matrix
        .map(|(n, list)| (n.clone(), list.0.clone()))
        .collect();
    if let Err(why) = combinations(&matrix) {
        findings.key("/cases", &why, None);
    }
}

/// What the report shows beside the verdict.
fn report(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    let by_case = |table: &Table| table.rows == Rows::Case;
    if text.cases.is_empty() && text.table.as_ref().is_some_and(by_case) {
        let help = "add `cases`, or make it `arm`".to_owned();
        findings.value("/table/rows", "there are no cases", Some(help));
    }
    let known = || text.observe.keys().chain(text.load.keys());
    for (index, name) in text.plot.iter().enumerate() {
        if !known().any(|known| known == name) {
            let help = one_of("series and loads", name, known().map(String::as_str));
            let message = format!("there is no series or load `{name}`");
            findings.value(&format!("/plot/{index}"), &message, help);
        }
    }
}
