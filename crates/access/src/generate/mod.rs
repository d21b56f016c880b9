//! What the model makes for each system, as texts of files.

mod arn;
mod iam;
mod kafka;
mod mysql;
mod redis;

use std::collections::BTreeMap;

pub(crate) use arn::arns;
pub(crate) use iam::policy;
pub use kafka::Acl;

use crate::model::Model;

/// Name of a file below `iam/generated` → its text.
pub type Artifacts = BTreeMap<String, String>;

/// File of all Kafka ACLs.
pub const KAFKA: &str = "kafka-acls.jsonl";
/// File of all MySQL grants.
pub const MYSQL: &str = "mysql-grants.sql";
/// File of all Redis users.
pub const REDIS: &str = "redis-users.acl";

/// File of the policy of `agent`.
pub(crate) fn policy_file(agent: &str) -> String {
    format!("{agent}.json")
}

/// All that `model` makes. The same model makes the same bytes.
pub fn generate(model: &Model) -> Artifacts {
    let mut files = Artifacts::new();
    for agent in model.file().agents.keys() {
        files.insert(policy_file(agent), iam::text(&policy(model, agent)));
    }
    files.insert(KAFKA.to_owned(), kafka::text(model));
    files.insert(MYSQL.to_owned(), mysql::text(model));
    files.insert(REDIS.to_owned(), redis::text(model));
    files
}

/// Agents that have a user on the servers, with that user.
fn users(model: &Model) -> impl Iterator<Item = (&String, &String)> {
    let agents = model.file().agents.iter();
    agents.filter_map(|(name, agent)| Some((name, agent.user.as_ref()?)))
}
