//! The matrix: every cell of a model.

use std::collections::BTreeSet;

use crate::cell::{Cell, Instance, System};
use crate::model::{Condition, Kind, Model, Operation, Resource, Right, closed};
use crate::placeholder::sampled;
use crate::policy::matches;

/// A schema of the pipeline, as proofs call it: that of the lab's own namespace.
const SCHEMA: &str = "rlab_main";

/// Every cell of `model`: each operation on an instance of each resource, on the nearest thing that is
/// none of it, and where a condition is set, once without it. Sorted by id.
pub fn matrix(model: &Model) -> Vec<Cell> {
    let mut cells = Vec::new();
    for system in System::ALL {
        let instances = instances(model, system);
        for (name, agent) in &model.file().agents {
            if system != System::Iam && agent.user.is_none() {
                continue;
            }
            let rights = closed(model, name, system);
            let user = agent.user.as_ref().unwrap_or(name);
            for instance in &instances {
                for operation in questions(system, instance) {
                    let mut cell = Cell {
                        agent: name.clone(),
                        user: user.clone(),
                        system,
                        instance: instance.clone(),
                        operation,
                        allowed: false,
                        grants: Vec::new(),
                    };
                    let answers = rights.iter().filter(|right| gives(right, &cell));
                    let grants: BTreeSet<usize> = answers
                        .flat_map(|right| right.grants.iter().copied())
                        .collect();
                    cell.allowed = !grants.is_empty();
                    cell.grants = grants.into_iter().collect();
                    cells.push(cell);
                }
            }
        }
    }
    cells.sort_by_cached_key(Cell::id);
    cells
}

/// What can be asked of `instance`: of a column only whether it may be updated.
fn questions(system: System, instance: &Instance) -> impl Iterator<Item = &'static Operation> {
    let column = instance.name.matches('.').count() == 2 && instance.kind == Kind::MysqlTable;
    let all = instance.kind.operations();
    all.filter(move |operation| system.word_for(operation).is_some())
        .filter(move |operation| !column || operation.name == "update")
}

/// Whether `right` answers the question of `cell` with yes.
fn gives(right: &Right, cell: &Cell) -> bool {
    let Cell {
        instance,
        operation,
        ..
    } = cell;
    if right.operation.name != operation.name
        || !(instance.condition_met || right.condition.is_empty())
    {
        return false;
    }
    let same_kind = right.operation.kind == instance.kind;
    let mut parts = instance.name.split('.');
    match (right.operation.kind, instance.kind) {
        (Kind::MysqlSchema, Kind::MysqlSchema | Kind::MysqlTable) => {
            parts.next().is_some_and(|schema| right.covers(schema))
        }
        (Kind::MysqlTable, Kind::MysqlTable) => {
            let (table, column) = (parts.nth(1), parts.next());
            let all = right.columns.is_empty();
            let column = column.map_or(all, |c| all || right.columns.iter().any(|own| own == c));
            column && table.is_some_and(|table| right.covers(table))
        }
        _ => same_kind && right.covers(&instance.name),
    }
}

fn instances(model: &Model, system: System) -> Vec<Instance> {
    let mut all = BTreeSet::new();
    let file = model.file();
    for resource in file.resources.values() {
        let mut operations = resource.kind.operations();
        if operations.any(|operation| system.word_for(operation).is_some()) {
            all.extend(of_resource(system, resource));
        }
    }
    if system == System::Iam {
        let with_user = file
            .agents
            .iter()
            .filter_map(|(n, a)| Some((n, a.user.as_ref()?)));
        for (name, user) in with_user {
            all.insert(plain(Kind::MysqlUser, user.clone()));
            all.insert(plain(Kind::RedisUser, name.clone()));
        }
        all.insert(plain(Kind::MysqlUser, "somebody".to_owned()));
        all.insert(plain(Kind::RedisUser, "somebody".to_owned()));
    }
    all.into_iter().collect()
}

fn plain(kind: Kind, name: String) -> Instance {
    Instance {
        kind,
        name,
        condition: Condition::new(),
        condition_met: true,
    }
}

fn of_resource(system: System, resource: &Resource) -> Vec<Instance> {
    let kind = resource.kind;
    // Each broker has one cluster and each server one self; IAM tells them apart.
    let alone = match kind {
        Kind::KafkaCluster => system != System::Iam,
        Kind::RedisServer | Kind::ImageLogin => true,
        _ => false,
    };
    let mut examples = resource.examples.iter();
    let mut named = Vec::new();
    for name in &resource.names {
        let example = match name.contains('*') {
            true => examples.next().cloned().unwrap_or_default(),
            false => name.clone(),
        };
        let (pattern, example) = (sampled(name), sampled(&example));
        let strangers = resource
            .names
            .iter()
            .map(|name| sampled(name))
            .collect::<Vec<_>>();
        let stranger = near_misses(&pattern, &example)
            .into_iter()
            .find(|near| !strangers.iter().any(|pattern| matches(pattern, near)));
        named.push(example);
        named.extend(stranger.filter(|_| !alone));
    }
    let mut found = Vec::new();
    for name in named {
        let name = match kind {
            Kind::MysqlTable => format!("{SCHEMA}.{name}"),
            _ => name,
        };
        for column in &resource.columns {
            found.push(plain(kind, format!("{name}.{column}")));
        }
        let mut instance = plain(kind, name);
        if system == System::Iam && !resource.condition.is_empty() {
            resource.condition.clone_into(&mut instance.condition);
            instance
                .condition
                .values_mut()
                .flat_map(|keys| keys.values_mut())
                .for_each(|value| {
                    *value = sampled(value);
                });
            found.push(Instance {
                condition_met: false,
                ..instance.clone()
            });
        }
        found.push(instance);
    }
    found
}

/// What is nearly called so: another letter where the pattern begins to vary, one more at the end, one
/// more at the begin.
fn near_misses(pattern: &str, example: &str) -> Vec<String> {
    let mut near = Vec::new();
    if let Some((prefix, _)) = pattern.split_once('*')
        && let Some((last, _)) = prefix.char_indices().next_back()
        && let Some(rest) = example.get(prefix.len()..)
    {
        near.push(format!("{}x{rest}", &prefix[..last]));
    }
    near.push(format!("{example}x"));
    near.push(format!("x{example}"));
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_stranger_differs_where_a_careless_pattern_would_still_match() {
        let near = near_misses("valuation.events.*", "valuation.events.main");
        assert_eq!(near[0], "valuation.eventsxmain");
        assert_eq!(near_misses("item", "item")[0], "itemx");
        assert_eq!(near_misses("*:floor", "a:floor")[0], "a:floorx");
    }

    #[test]
    fn ids_are_unique_and_in_order() {
        let cells = matrix(&Model::built_in().unwrap());
        let ids: Vec<String> = cells.iter().map(Cell::id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
