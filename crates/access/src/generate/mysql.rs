//! MySQL grants, a statement a line. `{schema}` is the schema of each namespace, `{host}` where a user
//! comes from; whoever applies them fills in both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::users;
use crate::cell::System;
use crate::model::{Kind, Model, direct};

pub(super) fn text(model: &Model) -> String {
    let mut text = String::new();
    for (agent, user) in users(model) {
        let mut by_object: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for right in direct(model, agent, System::Mysql) {
            let Some(word) = right.operation.native else {
                continue;
            };
            let columns: BTreeSet<&str> = right.columns.iter().map(String::as_str).collect();
            let word = match columns.is_empty() {
                true => word.to_owned(),
                false => format!("{word} ({})", Vec::from_iter(columns).join(", ")),
            };
            for name in &right.names {
                let object = object(right.operation.kind, name);
                by_object.entry(object).or_default().insert(word.clone());
            }
        }
        for (object, mut words) in by_object {
            let passed_on = match words.remove("GRANT OPTION") {
                true => " WITH GRANT OPTION",
                false => "",
            };
            let words = match words.is_empty() {
                true => "USAGE".to_owned(),
                false => Vec::from_iter(words).join(", "),
            };
            let _ = writeln!(
                text,
                "GRANT {words} ON {object} TO '{user}'@'{{host}}'{passed_on};"
            );
        }
    }
    text
}

/// On a schema `_` and `%` are wildcards, on a table nothing is.
fn object(kind: Kind, name: &str) -> String {
    match kind {
        Kind::MysqlSchema if name == "*" => "*.*".to_owned(),
        Kind::MysqlSchema => format!("`{}`.*", name.replace('_', "\\_").replace('*', "%")),
        _ if name == "*" => "`{schema}`.*".to_owned(),
        _ => format!("`{{schema}}`.`{name}`"),
    }
}
