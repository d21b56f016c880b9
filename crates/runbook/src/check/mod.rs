//! Checks that a schema cannot express: names that refer to each other, and their sense.

mod arms;
mod loads;
mod names;
mod steps;

use rlab_document::{Document, Problem};

pub(crate) use arms::nothing_expected;

use crate::agents::{Agent, Instance};
use crate::format::{Control, RunbookText};

/// Collects problems while a runbook is checked.
pub(crate) struct Findings<'a> {
    pub document: &'a Document<RunbookText>,
    pub problems: Vec<Problem>,
}

impl<'a> Findings<'a> {
    pub fn new(document: &'a Document<RunbookText>) -> Self {
        Self {
            document,
            problems: Vec::new(),
        }
    }

    pub fn value(&mut self, pointer: &str, message: &str, help: Option<String>) {
        self.report(self.document.problem(pointer, message, help));
    }

    pub fn key(&mut self, pointer: &str, message: &str, help: Option<String>) {
        self.report(self.document.key_problem(pointer, message, help));
    }

    /// Notes a problem once, however many cases have it.
    pub fn report(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Reports everything about names, parameters, arms, cases, loads and steps.
pub(crate) fn check(findings: &mut Findings<'_>) {
    names::check(findings);
    parameters(findings);
    arms::check(findings);
    loads::check(findings);
    staleness(findings);
    steps::check(findings);
}

/// One step of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn parameters(findings: &mut Findings<'_>) {
    for (name, parameter) in &findings.document.value.params {
        let written = [
            ("default", Some(&parameter.default)),
            ("min", parameter.min.as_ref()),
            ("max", parameter.max.as_ref()),
        ];
        for (key, value) in written {
            if let Some(Err(wanted)) = value.map(|value| parameter.kind.read_written(value)) {
                let message = format!("`{key}` of `{name}` is not {wanted}");
                findings.value(&format!("/params/{name}/{key}"), &message, None);
            }
        }
        let default = parameter.kind.read_written(&parameter.default).ok();
        if let Some(why) = default.and_then(|value| parameter.out_of_bounds(value)) {
            findings.value(&format!("/params/{name}/default"), &why, None);
        }
    }
}

/// What to add where a bound is missing.
pub(crate) const STALE_AFTER: &str = "add `stale_after: 2s` under `expect`";

/// The age of reads is judged by what query-service shows, and by a bound.
fn staleness(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    if text.expect.stale_after.is_some() {
        needs_agent(findings, "/expect/stale_after", Agent::QueryService);
        return;
    }
    let aged = |control: &Control| *control == Control::AgeOneCacheEntry;
    if let Some(index) = text.controls.iter().position(aged) {
        let message = "nothing is stale without a bound";
        let at = format!("/controls/{index}");
        findings.value(&at, message, Some(STALE_AFTER.to_owned()));
    }
}

fn needs_instance(findings: &mut Findings<'_>, at: &str, agent: Agent, instance: Instance) {
    needs_agent(findings, &format!("{at}/agent"), agent);
    let count = findings.document.value.needs.count(agent);
    if instance > count {
        let message = format!("there is no instance {instance} of {agent}");
        let help = format!("`needs.agents` as a map can say `{agent}: {instance}`");
        findings.value(&format!("{at}/instance"), &message, Some(help));
    }
}

fn needs_agent(findings: &mut Findings<'_>, pointer: &str, agent: Agent) {
    let needed = &findings.document.value.needs.agents;
    if !needed.contains(agent) {
        let message = format!("`{agent}` is not among the agents this drill needs");
        let help = format!("add `{agent}` to `needs.agents`");
        findings.value(pointer, &message, Some(help));
    }
}
