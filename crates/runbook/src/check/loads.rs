//! Loads: that each asks for one thing, of an agent that runs, and ends where it must.

use rlab_document::one_of;

use super::{Findings, escaped, needs_agent};
use crate::agents::Agent;
use crate::format::{Keys, Load};
use crate::load::{LOADS, LoadKind};

pub(super) fn check(findings: &mut Findings<'_>) {
    for (name, load) in &findings.document.value.load {
        self::load(findings, &format!("/load/{}", escaped(name)), load);
    }
}

fn load(findings: &mut Findings<'_>, at: &str, load: &Load) {
    let from = load.from.as_ref();
    let from = from.and_then(|from| phase(findings, &format!("{at}/from"), from));
    if let Some(to) = &load.to {
        ends(findings, &format!("{at}/to"), load, from.unwrap_or(0), to);
    }
    let asks: Vec<LoadKind> = load.asks().collect();
    match asks[..] {
        [] => {
            let names: Vec<String> = LOADS
                .iter()
                .map(|spec| format!("`{}`", spec.name))
                .collect();
            let help = format!("add one of {}", names.join(", "));
            findings.key(at, "the load asks for nothing", Some(help));
        }
        [LoadKind::Commands] => commands(findings, at, load),
        [LoadKind::Reads] => {
            needs_agent(findings, &format!("{at}/http.get"), Agent::QueryService);
        }
        [LoadKind::Records | LoadKind::Numbers | LoadKind::Connections] => {
            own_keys(findings, at, load)
        }
        [_, second, ..] => {
            let help = "make two loads of it".to_owned();
            let message = "the load asks for two things";
            let second = second.spec().name;
            findings.key(&format!("{at}/{second}"), message, Some(help));
        }
    }
}

/// Which phase has that name, counted from 0.
fn phase(findings: &mut Findings<'_>, at: &str, named: &str) -> Option<usize> {
    let phases = &findings.document.value.phases;
    let names = phases.iter().map(|phase| phase.name.as_str());
    let found = names.clone().position(|name| name == named);
    if found.is_none() {
        let help = one_of("phases", named, names);
        findings.value(at, &format!("unknown phase `{named}`"), help);
    }
    found
}

fn ends(findings: &mut Findings<'_>, at: &str, load: &Load, from: usize, to: &str) {
    if load.kind() == LoadKind::Connections {
        let help = "leave it out: they stay until the phases end".to_owned();
        findings.key(
            at,
            "clients that stay connected are ended by no phase",
            Some(help),
        );
    }
    if phase(findings, at, to).is_some_and(|to| to <= from) {
        let message = format!("the load would end with `{to}` before it began");
        let help = "name a phase that comes after the one it begins with".to_owned();
        findings.value(at, &message, Some(help));
    }
}

fn commands(findings: &mut Findings<'_>, at: &str, load: &Load) {
    let service = Agent::CommandService;
    needs_agent(findings, &format!("{at}/http.post"), service);
    if load.count.is_none() && load.to.is_none() {
        let help =
            "add `count`, or the phase that ends it as `to`: without an end the pipeline never drains"
                .to_owned();
        findings.key(at, "the load of commands never ends", Some(help));
    }
    own_keys(findings, at, load);
}

fn own_keys(findings: &mut Findings<'_>, at: &str, load: &Load) {
    if let Keys::Of(other) = &load.keys {
        let what = load.kind().describe();
        let message = format!("{what} have keys of their own, not those of `{other}`");
        let help = "a number, for example `200`".to_owned();
        findings.value(&format!("{at}/keys"), &message, Some(help));
    }
}
