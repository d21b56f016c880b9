//! How IAM decides: a deny beats every allow, and without an allow all is denied.

use std::collections::BTreeMap;

use super::Answer;
use crate::cell::Cell;
use crate::generate::{Artifacts, arns, policy_file};
use crate::model::Condition;
use crate::placeholder::sampled;
use crate::policy::{Effect, OneOrMany, Policy, Statement, matches, read, texts};

/// What a policy says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// No statement speaks of it.
    Denied,
    /// A statement denies it.
    DeniedBy(String),
    /// It depends on a statement with a condition or a variable that is not understood here.
    Unknown(String),
}

/// Policies by file.
pub(super) struct Policies(BTreeMap<String, Policy>);

impl Policies {
    /// Reads every policy of `files`, with samples in place of its placeholders.
    pub fn read(files: &Artifacts) -> Self {
        let policies = files.iter().filter(|(name, _)| name.ends_with(".json"));
        let read = policies.filter_map(|(name, text)| {
            let document = read(name, &sampled(text)).ok()?;
            Some((name.clone(), document.value))
        });
        Self(read.collect())
    }

    /// What the agent of `cell` is told; every resource that the request names has to be allowed.
    pub fn ask(&self, cell: &Cell, action: &str) -> Answer {
        let Some(policy) = self.0.get(&policy_file(&cell.agent)) else {
            return Answer::Denied;
        };
        let nothing = Condition::new();
        let context = match cell.instance.condition_met {
            true => &cell.instance.condition,
            false => &nothing,
        };
        for arn in arns(cell.instance.kind, &cell.instance.name) {
            // What AWS draws at random, and a stream of a log group.
            let arn = sampled(&arn)
                .replace("-??????", "-AbC123")
                .replace(":*", ":log-stream:one");
            match simulate(policy, action, &arn, context) {
                Decision::Allowed => {}
                Decision::Denied | Decision::DeniedBy(_) => return Answer::Denied,
                Decision::Unknown(statement) => return Answer::Unknown(statement),
            }
        }
        Answer::Allowed
    }
}

/// What `policy` says when `action` is asked for on `resource`. `context` has the keys of the request by
/// the operator that would look at them: operator → key → value.
pub fn simulate(policy: &Policy, action: &str, resource: &str, context: &Condition) -> Decision {
    let (mut allowed, mut unknown) = (false, None);
    for (number, statement) in policy.statement.iter().enumerate() {
        match (
            meant(statement, action, resource, context),
            statement.effect,
        ) {
            (Some(false), _) => {}
            (Some(true), Effect::Deny) => return Decision::DeniedBy(statement.called(number)),
            (Some(true), Effect::Allow) => allowed = true,
            (None, effect) => {
                // An allow that is not sure changes nothing where another is.
                if effect == Effect::Deny || unknown.is_none() {
                    unknown = Some((effect, statement.called(number)));
                }
            }
        }
    }
    match (allowed, unknown) {
        (true, Some((Effect::Deny, statement))) | (false, Some((Effect::Allow, statement))) => {
            Decision::Unknown(statement)
        }
        (true, _) => Decision::Allowed,
        (false, _) => Decision::Denied,
    }
}

/// Whether a statement is about the request; none where that cannot be decided.
fn meant(statement: &Statement, action: &str, resource: &str, context: &Condition) -> Option<bool> {
    let action = action.to_lowercase();
    let any = |element: &OneOrMany| {
        let mut patterns = element.all().iter();
        patterns.any(|pattern| matches(&pattern.to_lowercase(), &action))
    };
    let named = match (&statement.action, &statement.not_action) {
        (Some(own), _) => any(own),
        (None, Some(not)) => !any(not),
        (None, None) => false,
    };
    if !named {
        return Some(false);
    }
    let on = match (&statement.resource, &statement.not_resource) {
        (Some(own), _) => on(own, resource),
        (None, Some(not)) => on(not, resource).map(|within| !within),
        (None, None) => Some(false),
    };
    if on == Some(false) {
        return Some(false);
    }
    let met = met(statement, context);
    match (on, met) {
        (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Whether one of the patterns means `resource`; none where only one with a variable may.
fn on(element: &OneOrMany, resource: &str) -> Option<bool> {
    let patterns = texts(Some(element)).iter();
    let (open, sure): (Vec<_>, Vec<_>) = patterns.partition(|pattern| pattern.contains("${"));
    if sure.iter().any(|pattern| matches(pattern, resource)) {
        return Some(true);
    }
    let may = open.iter().any(|pattern| {
        let prefix = pattern.split("${").next().unwrap_or_default();
        matches(&format!("{prefix}*"), resource)
    });
    (!may).then_some(false)
}

/// Whether the request meets every condition; none where an operator is not understood.
fn met(statement: &Statement, context: &Condition) -> Option<bool> {
    let mut sure = true;
    for (operator, keys) in &statement.condition {
        let compare: fn(&str, &str) -> bool = match operator.as_str() {
            "StringEquals" => |wanted, given| wanted == given,
            "StringLike" | "ArnLike" | "ArnEquals" => matches,
            "Bool" => |wanted, given| wanted.eq_ignore_ascii_case(given),
            _ => {
                sure = false;
                continue;
            }
        };
        for (key, wanted) in keys {
            if wanted.all().iter().any(|value| value.contains("${")) {
                sure = false;
                continue;
            }
            let given = context.values().find_map(|keys| {
                let mut keys = keys.iter();
                keys.find(|(known, _)| known.eq_ignore_ascii_case(key))
                    .map(|(_, value)| value)
            });
            if !given.is_some_and(|given| wanted.all().iter().any(|value| compare(value, given))) {
                return Some(false);
            }
        }
    }
    sure.then_some(true)
}
