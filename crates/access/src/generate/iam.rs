//! A policy per agent: one statement for each resource, with the actions that are needed on it.

use std::collections::{BTreeMap, BTreeSet};

use super::arns;
use crate::cell::System;
use crate::model::{Model, Right, closed};
use crate::policy::{Effect, OneOrMany, Policy, Statement};

/// What `agent` may do in IAM, with placeholders.
pub(crate) fn policy(model: &Model, agent: &str) -> Policy {
    let mut by_resource: BTreeMap<String, Vec<Right>> = BTreeMap::new();
    for right in closed(model, agent, System::Iam) {
        let key = right.resource.clone();
        by_resource.entry(key).or_default().push(right);
    }
    Policy {
        version: Some("2012-10-17".to_owned()),
        id: None,
        statement: by_resource
            .iter()
            .filter_map(|(key, rights)| statement(key, rights))
            .collect(),
    }
}

/// The text of a policy, indented.
pub(super) fn text(policy: &Policy) -> String {
    // A policy has no maps but those with texts as keys, which is all that can go wrong.
    let text = serde_json::to_string_pretty(policy).expect("a policy is JSON");
    text + "\n"
}

fn statement(resource: &str, rights: &[Right]) -> Option<Statement> {
    let first = rights.first()?;
    let actions: BTreeSet<&str> = rights
        .iter()
        .filter_map(|right| right.operation.iam)
        .collect();
    let named: BTreeSet<String> = rights
        .iter()
        .flat_map(|right| {
            right
                .names
                .iter()
                .flat_map(|name| arns(right.operation.kind, name))
        })
        .collect();
    let condition = first.condition.iter().map(|(operator, keys)| {
        let keys = keys.iter();
        let keys = keys.map(|(key, value)| (key.clone(), OneOrMany::One(value.clone())));
        (operator.clone(), keys.collect())
    });
    Some(Statement {
        sid: Some(sid(resource)),
        effect: Effect::Allow,
        action: Some(OneOrMany::Many(
            actions.into_iter().map(str::to_owned).collect(),
        )),
        not_action: None,
        resource: Some(OneOrMany::Many(named.into_iter().collect())),
        not_resource: None,
        condition: condition.collect(),
    })
}

/// `event-topics` becomes `EventTopics`: a Sid has letters and digits only.
pub(crate) fn sid(words: &str) -> String {
    let words = words.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}
