//! Checks that a schema cannot express: names that refer to each other, and their sense.

use rlab_document::{Document, Problem, one_of};

use crate::action::Action;
use crate::agents::{Agent, Instance};
use crate::format::{Control, Keys, Load, Must, RunbookText};
use crate::values::VALUES;

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
        let problem = self.document.problem(pointer, message, help);
        self.problems.push(problem);
    }

    pub fn key(&mut self, pointer: &str, message: &str, help: Option<String>) {
        let problem = self.document.key_problem(pointer, message, help);
        self.problems.push(problem);
    }
}

/// Reports everything about names, parameters, arms and steps.
pub(crate) fn check(findings: &mut Findings<'_>) {
    names(findings);
    instances(findings);
    parameters(findings);
    arms(findings);
    for (name, load) in &findings.document.value.load {
        self::load(findings, name, load);
    }
    staleness(findings);
    for (index, phase) in findings.document.value.phases.iter().enumerate() {
        let at = format!("/phases/{index}");
        if phase.until.is_none() && phase.least.is_none() {
            let help = "give it `for`, or `until` and `within`".to_owned();
            findings.value(&format!("{at}/name"), "the phase never ends", Some(help));
        }
        if phase.until.is_some() != phase.within.is_some() {
            let (there, missing) = match phase.until {
                Some(_) => ("until", "`until` without `within`"),
                None => ("within", "`within` without `until`"),
            };
            findings.key(&format!("{at}/{there}"), missing, None);
        }
        for (step, action) in phase.steps.iter().enumerate() {
            self::step(findings, &format!("{at}/do/{step}"), action);
        }
    }
}

fn instances(findings: &mut Findings<'_>) {
    let needs = &findings.document.value.needs;
    for agent in needs.instances.keys() {
        needs_agent(findings, &format!("/needs/instances/{agent}"), *agent);
    }
}

fn names(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    let maps = [
        ("params", text.params.keys().collect::<Vec<_>>()),
        ("arms", text.arms.keys().collect()),
        ("load", text.load.keys().collect()),
    ];
    for (map, names) in maps {
        for name in names.into_iter().filter(|name| !is_name(name)) {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            not_a_name(findings, &format!("/{map}/{escaped}"), name);
        }
    }
    for (index, phase) in text.phases.iter().enumerate() {
        let at = format!("/phases/{index}/name");
        if !is_name(&phase.name) {
            not_a_name(findings, &at, &phase.name);
        }
        if text.phases[..index].iter().any(|p| p.name == phase.name) {
            let message = format!("a second phase named `{}`", phase.name);
            findings.value(&at, &message, None);
        }
    }
    for name in text.params.keys().filter(|name| names_a_value(name)) {
        let message = format!("`{name}` is also the name of a value");
        let help = "expressions could not tell them apart: rename the parameter".to_owned();
        findings.key(&format!("/params/{name}"), &message, Some(help));
    }
    for name in text.load.keys().filter(|name| names_a_value(name)) {
        let message = format!("`{name}` is also the name of a value");
        findings.key(&format!("/load/{name}"), &message, None);
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

fn arms(findings: &mut Findings<'_>) {
    let text = &findings.document.value;
    if text.arms.is_empty() {
        findings.key("/arms", "a drill needs at least one arm", None);
    }
    for (name, arm) in &text.arms {
        let changed = [
            (Agent::CommandService, arm.command_service.is_some()),
            (Agent::ConsumerService, arm.consumer_service.is_some()),
            (Agent::QueryService, arm.query_service.is_some()),
        ];
        for (agent, _) in changed.into_iter().filter(|(_, changed)| *changed) {
            needs_agent(findings, &format!("/arms/{name}/{agent}"), agent);
        }
        let expected = text.expect.arms.get(name);
        if arm.must != Must::Measure && expected.is_none_or(Vec::is_empty) {
            let message = format!("nothing is expected of arm `{name}`");
            let help = format!("add `{name}: [ ... ]` under `expect.arms`");
            findings.key(&format!("/arms/{name}"), &message, Some(help));
        }
    }
    for name in text
        .expect
        .arms
        .keys()
        .filter(|name| !text.arms.contains_key(*name))
    {
        let help = one_of("arms", name, text.arms.keys().map(String::as_str));
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/expect/arms/{escaped}");
        findings.key(&pointer, &format!("unknown arm `{name}`"), help);
    }
}

fn load(findings: &mut Findings<'_>, name: &str, load: &Load) {
    let at = format!("/load/{}", name.replace('~', "~0").replace('/', "~1"));
    match (load.http_post, load.http_get) {
        (None, None) => {
            let help = "add `http.post: commands` or `http.get: items`".to_owned();
            findings.key(&at, "the load asks for nothing", Some(help));
        }
        (Some(_), Some(_)) => {
            let help = "make two loads of it".to_owned();
            let message = "the load asks for two things";
            findings.key(&format!("{at}/http.get"), message, Some(help));
        }
        (Some(_), None) => commands(findings, &at, load),
        (None, Some(_)) => {
            needs_agent(findings, &format!("{at}/http.get"), Agent::QueryService);
        }
    }
}

fn commands(findings: &mut Findings<'_>, at: &str, load: &Load) {
    let service = Agent::CommandService;
    needs_agent(findings, &format!("{at}/http.post"), service);
    if load.count.is_none() {
        let help = "add `count`: without an end the pipeline never drains".to_owned();
        findings.key(at, "the load of commands never ends", Some(help));
    }
    if let Keys::Of(other) = &load.keys {
        let message = format!("commands have keys of their own, not those of `{other}`");
        let help = "a number, for example `200`".to_owned();
        findings.value(&format!("{at}/keys"), &message, Some(help));
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

fn step(findings: &mut Findings<'_>, at: &str, action: &Action) {
    match action {
        Action::Crash(crash) => {
            needs_instance(
                findings,
                &format!("{at}/crash"),
                crash.agent,
                crash.instance,
            );
            let points = crash.agent.crash_points();
            if !points.contains(&crash.point.as_str()) {
                let message = format!("{} has no crash point `{}`", crash.agent, crash.point);
                let help = one_of("crash points", &crash.point, points.iter().copied());
                findings.value(&format!("{at}/crash/point"), &message, help);
            }
        }
        Action::AgentKill(whom) | Action::AgentStart(whom) => {
            let name = match action {
                Action::AgentKill(_) => "agent.kill",
                _ => "agent.start",
            };
            needs_instance(findings, &format!("{at}/{name}"), whom.agent, whom.instance);
        }
        Action::BrokerKill(broker) | Action::BrokerStart(broker) => {
            let brokers = findings.document.value.needs.kafka.brokers;
            if *broker > brokers {
                let message = format!("there is no broker {broker}");
                let help = Some(format!("`needs.kafka.brokers` is {brokers}"));
                let name = match action {
                    Action::BrokerKill(_) => "broker.kill",
                    _ => "broker.start",
                };
                findings.value(&format!("{at}/{name}"), &message, help);
            }
        }
    }
}

fn needs_instance(findings: &mut Findings<'_>, at: &str, agent: Agent, instance: Instance) {
    needs_agent(findings, &format!("{at}/agent"), agent);
    let count = findings.document.value.needs.count(agent);
    if instance > count {
        let message = format!("there is no instance {instance} of {agent}");
        let help = format!("add `{agent}: {instance}` to `needs.instances`");
        findings.value(&format!("{at}/instance"), &message, Some(help));
    }
}

fn needs_agent(findings: &mut Findings<'_>, pointer: &str, agent: Agent) {
    let needed = &findings.document.value.needs.agents;
    if !needed.contains(&agent) {
        let message = format!("`{agent}` is not among the agents this drill needs");
        let help = format!("add `{agent}` to `needs.agents`");
        findings.value(pointer, &message, Some(help));
    }
}
