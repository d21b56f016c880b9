//! What the lines of the model come to in one system: its own words, with what they imply there.

use std::collections::BTreeSet;

use super::{Condition, Kind, Model, Operation};
use crate::cell::System;
use crate::placeholder::sampled;
use crate::policy::matches;

/// One operation that one agent may do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Right {
    /// The operation.
    pub operation: &'static Operation,
    /// Name of the resource in the model; of a login, the kind of it.
    pub resource: String,
    /// Names that it is given on, as the model writes them.
    pub names: Vec<String>,
    /// Columns that it is limited to; all when there are none.
    pub columns: Vec<String>,
    /// The only circumstances in which it is given.
    pub condition: Condition,
    /// The grants that it comes from, by their place in the model.
    pub grants: BTreeSet<usize>,
}

impl Right {
    /// Whether it is given on what is called `name`, samples standing for placeholders.
    pub fn covers(&self, name: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|pattern| matches(&sampled(pattern), name))
    }
}

/// What the lines of the model say of `agent` in `system`, and no more.
pub(crate) fn direct(model: &Model, agent: &str, system: System) -> Vec<Right> {
    let file = model.file();
    let mut rights = Vec::new();
    for (index, grant) in file.grant.iter().enumerate() {
        let Some(resource) = file.resources.get(&grant.resource) else {
            continue;
        };
        if grant.agent != agent || grant.only.is_some_and(|only| only != system) {
            continue;
        }
        for operation in grant
            .operations
            .iter()
            .filter_map(|n| resource.kind.operation(n))
        {
            if system.word_for(operation).is_none() {
                continue;
            }
            rights.push(Right {
                operation,
                resource: grant.resource.clone(),
                names: resource.names.clone(),
                columns: match operation.name {
                    "update" => grant.columns.clone(),
                    _ => Vec::new(),
                },
                condition: resource.condition.clone(),
                grants: BTreeSet::from([index]),
            });
        }
    }
    rights
}

/// What `agent` may do in `system`: what the model says, and what comes with it there.
pub(crate) fn closed(model: &Model, agent: &str, system: System) -> Vec<Right> {
    let mut rights = direct(model, agent, system);
    if system == System::Iam {
        rights.extend(logins(model, agent));
    }
    // Rights that are added are looked at as well: what comes with one may bring another.
    let mut at = 0;
    while at < rights.len() {
        let right = rights[at].clone();
        for (kind, name) in companions(system, right.operation) {
            if let Some(companion) = companion(model, &right, *kind, name) {
                add(&mut rights, companion);
            }
        }
        at += 1;
    }
    rights
}

fn add(rights: &mut Vec<Right>, right: Right) {
    let same = |known: &&mut Right| {
        known.operation == right.operation
            && known.names == right.names
            && known.columns.is_empty()
            && known.condition == right.condition
    };
    match rights.iter_mut().find(same) {
        Some(known) => known.grants.extend(right.grants),
        None => rights.push(right),
    }
}

/// `kind` either is the kind of `right`, and its names are meant, or the one cluster.
fn companion(model: &Model, right: &Right, kind: Kind, name: &str) -> Option<Right> {
    let operation = kind.operation(name)?;
    if kind == right.operation.kind {
        return Some(Right {
            operation,
            ..right.clone()
        });
    }
    let mut resources = model.file().resources.iter();
    let (key, resource) = resources.find(|(_, resource)| resource.kind == kind)?;
    Some(Right {
        operation,
        resource: key.clone(),
        names: resource.names.clone(),
        columns: Vec::new(),
        condition: resource.condition.clone(),
        grants: right.grants.clone(),
    })
}

/// What comes with an operation: in IAM what AWS wants to be allowed with it, in Kafka what a broker
/// takes it to imply.
fn companions(system: System, operation: &Operation) -> &'static [(Kind, &'static str)] {
    use Kind::KafkaTransactionalId as Transaction;
    use Kind::{KafkaCluster as Cluster, KafkaGroup as Group, KafkaTopic as Topic};
    match (system, operation.kind, operation.name) {
        (System::Iam, Cluster, "connect") => &[],
        (System::Iam, Topic, "read" | "write" | "alter" | "delete") => {
            &[(Cluster, "connect"), (Topic, "describe")]
        }
        (System::Iam, Topic, "alter_configs") => {
            &[(Cluster, "connect"), (Topic, "describe_configs")]
        }
        (System::Iam, Group, "join" | "delete") => &[(Cluster, "connect"), (Group, "describe")],
        (System::Iam, Transaction, "write") => &[(Cluster, "connect"), (Transaction, "describe")],
        (System::Iam, Cluster, "alter") => &[(Cluster, "connect"), (Cluster, "describe")],
        (System::Iam, Cluster, "alter_configs") => {
            &[(Cluster, "connect"), (Cluster, "describe_configs")]
        }
        (System::Iam, Cluster | Topic | Group | Transaction, _) => &[(Cluster, "connect")],
        (System::Kafka, Topic, "write") => &[(Topic, "describe"), (Cluster, "write_idempotently")],
        (System::Kafka, Topic, "read" | "alter" | "delete") => &[(Topic, "describe")],
        (System::Kafka, Topic, "alter_configs") => &[(Topic, "describe_configs")],
        (System::Kafka, Group, "join" | "delete") => &[(Group, "describe")],
        (System::Kafka, Transaction, "write") => &[(Transaction, "describe")],
        (System::Kafka, Cluster, "alter") => &[(Cluster, "describe")],
        (System::Kafka, Cluster, "alter_configs") => &[(Cluster, "describe_configs")],
        _ => &[],
    }
}

/// Whoever may do something on a server may log in to it by IAM, as its own user.
fn logins(model: &Model, agent: &str) -> Vec<Right> {
    let Some(user) = model.file().agents.get(agent).and_then(|a| a.user.as_ref()) else {
        return Vec::new();
    };
    let of = |kind: Kind, system: System, name: &str| {
        let grants: BTreeSet<usize> = direct(model, agent, system)
            .into_iter()
            .flat_map(|right| right.grants)
            .collect();
        let operation = kind.operation("connect").filter(|_| !grants.is_empty())?;
        Some(Right {
            operation,
            resource: kind.word().to_owned(),
            names: vec![name.to_owned()],
            columns: Vec::new(),
            condition: Condition::new(),
            grants,
        })
    };
    // A user of the cache carries its agent's name, since ids there have no underscores.
    [
        of(Kind::MysqlUser, System::Mysql, user),
        of(Kind::RedisUser, System::Redis, agent),
    ]
    .into_iter()
    .flatten()
    .collect()
}
