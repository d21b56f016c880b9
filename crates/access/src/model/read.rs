//! Reads the model, and finds what a schema cannot: names that lead nowhere, patterns that no system has.

use std::collections::BTreeSet;

use rlab_document::{Document, DocumentErrors, Problem, one_of, read_toml};

use super::{Grant, Kind, ModelFile, Resource};
use crate::placeholder::{self, PLACEHOLDERS};
use crate::policy::matches;

pub(super) fn read(name: &str, text: &str) -> Result<Document<ModelFile>, DocumentErrors> {
    let document = read_toml::<ModelFile>(name, text)?;
    let mut problems = Vec::new();
    for (key, resource) in &document.value.resources {
        check_resource(&document, key, resource, &mut problems);
    }
    let mut seen = BTreeSet::new();
    for (index, grant) in document.value.grant.iter().enumerate() {
        check_grant(&document, index, grant, &mut problems);
        for operation in &grant.operations {
            if !seen.insert((&grant.agent, &grant.resource, operation)) {
                problems.push(document.problem(
                    &format!("/grant/{index}/operations"),
                    &format!("`{operation}` is granted twice"),
                    Some("leave it in one of the two lines".to_owned()),
                ));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(document),
        false => Err(document.errors(problems)),
    }
}

fn check_grant(
    document: &Document<ModelFile>,
    index: usize,
    grant: &Grant,
    problems: &mut Vec<Problem>,
) {
    let file = &document.value;
    let at = |field: &str| format!("/grant/{index}/{field}");
    if !file.agents.contains_key(&grant.agent) {
        problems.push(document.problem(
            &at("agent"),
            &format!("unknown agent `{}`", grant.agent),
            one_of(
                "agents",
                &grant.agent,
                file.agents.keys().map(String::as_str),
            ),
        ));
    }
    let Some(resource) = file.resources.get(&grant.resource) else {
        problems.push(document.problem(
            &at("resource"),
            &format!("unknown resource `{}`", grant.resource),
            one_of(
                "resources",
                &grant.resource,
                file.resources.keys().map(String::as_str),
            ),
        ));
        return;
    };
    let needs_user = resource.kind.server().is_some();
    if needs_user
        && file
            .agents
            .get(&grant.agent)
            .is_some_and(|a| a.user.is_none())
    {
        problems.push(document.problem(
            &at("agent"),
            &format!("`{}` has no user on a server", grant.agent),
            Some(format!("give it a `user` in [agents.{}]", grant.agent)),
        ));
    }
    for (number, name) in grant.operations.iter().enumerate() {
        if resource.kind.operation(name).is_none() {
            let known: Vec<_> = resource.kind.operations().map(|known| known.name).collect();
            problems.push(document.problem(
                &format!("/grant/{index}/operations/{number}"),
                &format!("unknown operation `{name}` on a {}", resource.kind),
                one_of("operations", name, known),
            ));
        }
    }
    for (number, column) in grant.columns.iter().enumerate() {
        if !resource.columns.contains(column) {
            problems.push(document.problem(
                &format!("/grant/{index}/columns/{number}"),
                &format!("unknown column `{column}`"),
                one_of(
                    "columns",
                    column,
                    resource.columns.iter().map(String::as_str),
                ),
            ));
        }
    }
}

fn check_resource(
    document: &Document<ModelFile>,
    key: &str,
    resource: &Resource,
    problems: &mut Vec<Problem>,
) {
    let at = |field: &str| format!("/resources/{key}/{field}");
    for (number, name) in resource.names.iter().enumerate() {
        let place = at(&format!("names/{number}"));
        if let Some((why, help)) = unfit(resource.kind, name) {
            problems.push(document.problem(&place, why, Some(help.to_owned())));
        }
        for unknown in placeholder::names(name) {
            let known = PLACEHOLDERS.iter().map(|known| known.name);
            if !known.clone().any(|known| known == unknown) {
                problems.push(document.problem(
                    &place,
                    &format!("unknown placeholder `{unknown}`"),
                    one_of("placeholders", unknown, known.collect::<Vec<_>>()),
                ));
            }
        }
    }
    let patterns: Vec<&String> = resource.patterns().collect();
    if patterns.len() != resource.examples.len() {
        problems.push(document.problem(
            &at("names"),
            &format!(
                "{} patterns and {} examples",
                patterns.len(),
                resource.examples.len()
            ),
            Some("give an example of each name that has a `*`, in their order".to_owned()),
        ));
    }
    for (number, (pattern, example)) in patterns.iter().zip(&resource.examples).enumerate() {
        if !matches(pattern, example) {
            problems.push(document.problem(
                &at(&format!("examples/{number}")),
                &format!("`{example}` is none of `{pattern}`"),
                None,
            ));
        }
    }
    if !resource.columns.is_empty() && resource.kind != Kind::MysqlTable {
        let help = Some("only a mysql-table has columns".to_owned());
        problems.push(document.problem(&at("columns"), "columns of something else", help));
    }
}

/// What is wrong with a name, and what to do about it.
fn unfit(kind: Kind, name: &str) -> Option<(&'static str, &'static str)> {
    let stars = name.matches('*').count();
    match kind {
        Kind::KafkaTopic | Kind::KafkaGroup | Kind::KafkaTransactionalId
            if stars > 1 || (stars == 1 && !name.ends_with('*')) =>
        {
            Some((
                "Kafka knows prefixes and whole names only",
                "put one `*` at the end, or write the name out",
            ))
        }
        Kind::MysqlTable if stars > 0 || name.contains(['`', '.']) => Some((
            "MySQL gives rights on tables by whole names only",
            "write the name out, or use a mysql-schema",
        )),
        Kind::MysqlSchema if name.contains(['`', '.', '%']) => {
            Some(("no name of a schema", "letters, digits, `_` and `*`"))
        }
        Kind::RedisKeys | Kind::RedisChannel if name.contains([' ', '[', '?', '\\']) => Some((
            "a pattern that means something else in Redis than here",
            "use `*` only",
        )),
        Kind::MysqlUser | Kind::RedisUser => Some((
            "logins are not granted by themselves",
            "whoever has rights on a server may log in to it as its own user",
        )),
        _ => None,
    }
}

impl Resource {
    /// Its names that are patterns.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &String> {
        self.names.iter().filter(|name| name.contains('*'))
    }
}

#[cfg(test)]
mod tests {
    use crate::actions::Actions;
    use crate::model::Kind;

    #[test]
    fn operations_name_actions_that_are_known() {
        let actions = Actions::built_in();
        for operation in Kind::ALL.into_iter().flat_map(Kind::operations) {
            if let Some(action) = operation.iam {
                assert!(actions.find(action).is_some(), "{action}");
            }
        }
    }
}
