//! How a broker decides: a deny beats every allow, some operations imply others, and without an allow all
//! is denied.

use crate::generate::Acl;
use crate::model::Kind;

/// The ACLs of a cluster.
pub(super) struct Acls(Vec<Acl>);

impl Acls {
    /// Reads one ACL a line; lines that are none are told by their number.
    pub fn read(text: &str) -> (Self, Vec<(usize, String)>) {
        let (mut acls, mut bad) = (Vec::new(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            match serde_json::from_str(line) {
                Ok(acl) => acls.push(acl),
                Err(error) => bad.push((index + 1, error.to_string())),
            }
        }
        (Self(acls), bad)
    }

    /// Whether `user` may do `operation` to what is called `name`.
    pub fn allow(&self, user: &str, kind: Kind, name: &str, operation: &str) -> bool {
        let (resource_type, name) = match kind {
            Kind::KafkaCluster => ("cluster", "kafka-cluster"),
            Kind::KafkaTopic => ("topic", name),
            Kind::KafkaGroup => ("group", name),
            Kind::KafkaTransactionalId => ("transactional_id", name),
            _ => return false,
        };
        let principal = format!("User:{user}");
        let own = |acl: &&Acl| {
            (acl.principal == principal || acl.principal == "User:*") && acl.host == "*"
        };
        let of = |permission: &'static str| {
            let all = self.0.iter().filter(own);
            all.filter(move |acl| acl.permission == permission)
        };
        let on = |acl: &Acl| acl.resource_type == resource_type && means(acl, name);
        let same = |acl: &Acl| acl.operation == operation || acl.operation == "all";
        if of("deny").any(|acl| on(acl) && same(acl)) {
            return false;
        }
        let implied = |acl: &Acl| implies(&acl.operation, operation);
        let allowed = of("allow").any(|acl| on(acl) && (same(acl) || implied(acl)));
        // Since 2.8 who may write to any topic may be an idempotent producer.
        let idempotent = operation == "idempotent_write"
            && of("allow").any(|acl| {
                acl.resource_type == "topic" && matches!(acl.operation.as_str(), "write" | "all")
            });
        allowed || idempotent
    }
}

fn means(acl: &Acl, name: &str) -> bool {
    match acl.pattern_type.as_str() {
        "prefixed" => name.starts_with(&acl.name),
        "literal" => acl.name == name || acl.name == "*",
        _ => false,
    }
}

/// What a broker takes to be allowed with `given`.
fn implies(given: &str, wanted: &str) -> bool {
    match wanted {
        "describe" => matches!(given, "read" | "write" | "delete" | "alter"),
        "describe_configs" => given == "alter_configs",
        _ => false,
    }
}
