//! Looks a policy over: actions nobody knows, resources that do not go with them, wildcards without need,
//! and what AWS wants to be allowed besides.

use rlab_document::Document;

use super::document::{Effect, Policy, Statement, read, texts};
use super::{matches, overlap};
use crate::actions::{Action, Actions};
use crate::finding::{Finding, Rule};
use crate::placeholder::sampled;

/// What is wrong with the policy in `text`, which is called `file`. Placeholders are filled with samples.
pub fn lint(actions: &Actions, file: &str, text: &str) -> Vec<Finding> {
    match read(file, &sampled(text)) {
        Ok(document) => Linted { actions, document }.findings(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| Finding::problem(Rule::MalformedPolicy, file, &problem))
            .collect(),
    }
}

struct Linted<'a> {
    actions: &'a Actions,
    document: Document<Policy>,
}

impl Linted<'_> {
    fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (number, statement) in self.document.value.statement.iter().enumerate() {
            if statement.not_action.is_some() || statement.not_resource.is_some() {
                let message = "says what it does not mean, so nobody can tell what it does";
                found.push(self.finding(Rule::Negated, number, message, "list what is meant"));
            }
            self.actions_of(number, statement, &mut found);
            self.resources_of(number, statement, &mut found);
        }
        found
    }

    fn actions_of(&self, number: usize, statement: &Statement, found: &mut Vec<Finding>) {
        for pattern in texts(statement.action.as_ref()) {
            if pattern.contains(['*', '?']) {
                if statement.effect == Effect::Allow {
                    let known = self.actions.actions.keys();
                    let meant: Vec<&str> = known
                        .map(String::as_str)
                        .filter(|name| matches(&pattern.to_lowercase(), &name.to_lowercase()))
                        .collect();
                    let next = match meant.is_empty() {
                        true => "name the actions".to_owned(),
                        false => format!("name those that are needed of {}", meant.join(", ")),
                    };
                    let message = format!("`{pattern}` allows actions that nobody named");
                    found.push(self.finding(Rule::NeedlessWildcard, number, &message, &next));
                }
                continue;
            }
            let Some((_, action)) = self.actions.find(pattern) else {
                let next = match self.actions.nearest(pattern) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add it to the data file of actions, with its types".to_owned(),
                };
                let message = format!("unknown action `{pattern}`");
                found.push(self.finding(Rule::UnknownAction, number, &message, &next));
                continue;
            };
            self.fits(number, statement, pattern, action, found);
            if statement.effect == Effect::Allow {
                self.companions(number, statement, pattern, action, found);
            }
        }
    }

    /// Whether the action can be limited as the statement limits it.
    fn fits(
        &self,
        number: usize,
        statement: &Statement,
        name: &str,
        action: &Action,
        found: &mut Vec<Finding>,
    ) {
        let resources = texts(statement.resource.as_ref());
        if resources.is_empty() {
            return;
        }
        let everything = resources.iter().any(|resource| resource == "*");
        if action.on.is_empty() {
            if !everything {
                let message =
                    format!("`{name}` cannot be limited to resources, so nothing is allowed");
                found.push(self.finding(Rule::WrongResource, number, &message, "put it on `*`"));
            }
            return;
        }
        let kinds = action.on.join(" or ");
        if everything && statement.effect == Effect::Allow {
            let message = format!("`{name}` on `*`, though it can be limited");
            let next = format!("name the {kinds}");
            found.push(self.finding(Rule::NeedlessWildcard, number, &message, &next));
            return;
        }
        let fits = |resource: &String| {
            let mut arns = self.actions.arns(action);
            everything || arns.any(|arn| overlap(arn, resource))
        };
        if !resources.iter().any(fits) {
            let message = format!("`{name}` on something that is no {kinds}");
            let next = format!("put it on a {kinds}, in a statement of its own");
            found.push(self.finding(Rule::WrongResource, number, &message, &next));
        }
    }

    /// Whether some action of the statement goes with each of its resources.
    fn resources_of(&self, number: usize, statement: &Statement, found: &mut Vec<Finding>) {
        let named = texts(statement.action.as_ref());
        let actions: Vec<&Action> = named
            .iter()
            .filter_map(|name| Some(self.actions.find(name)?.1))
            .collect();
        // Actions that are unknown or have wildcards are told of themselves.
        if actions.len() < named.len() || actions.is_empty() {
            return;
        }
        for resource in texts(statement.resource.as_ref()) {
            let goes = |action: &&Action| {
                let mut arns = self.actions.arns(action);
                resource == "*" || action.on.is_empty() || arns.any(|arn| overlap(arn, resource))
            };
            if !actions.iter().any(goes) {
                let message = format!("no action of the statement goes with `{resource}`");
                found.push(self.finding(Rule::WrongResource, number, &message, "take it out"));
            }
        }
    }

    fn companions(
        &self,
        number: usize,
        statement: &Statement,
        name: &str,
        action: &Action,
        found: &mut Vec<Finding>,
    ) {
        for wanted in &action.with {
            let Some((_, companion)) = self.actions.find(wanted) else {
                continue;
            };
            let same = companion.on.iter().any(|kind| action.on.contains(kind));
            let lacks = match same {
                true => texts(statement.resource.as_ref())
                    .iter()
                    .any(|resource| !self.allows(wanted, Some(resource))),
                false => !self.allows(wanted, None),
            };
            if lacks {
                let message = format!("`{name}` does nothing without `{wanted}`");
                let next = format!("allow `{wanted}` as well");
                found.push(self.finding(Rule::MissingCompanion, number, &message, &next));
            }
        }
    }

    fn allows(&self, action: &str, resource: Option<&str>) -> bool {
        self.document.value.statement.iter().any(|statement| {
            let action = action.to_lowercase();
            let actions = texts(statement.action.as_ref());
            let resources = texts(statement.resource.as_ref());
            statement.effect == Effect::Allow
                && actions
                    .iter()
                    .any(|pattern| matches(&pattern.to_lowercase(), &action))
                && resource
                    .is_none_or(|name| resources.iter().any(|pattern| matches(pattern, name)))
        })
    }

    fn finding(&self, rule: Rule, number: usize, message: &str, next: &str) -> Finding {
        let called = self.document.value.statement[number].called(number);
        let problem = self.document.problem(
            &format!("/Statement/{number}"),
            &format!("{called}: {message}"),
            Some(next.to_owned()),
        );
        Finding::problem(rule, self.document.name(), &problem)
    }
}
