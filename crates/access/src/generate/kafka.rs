//! Kafka ACLs, one a line, for whoever applies them over the admin API.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::users;
use crate::cell::System;
use crate::model::{Kind, Model, Right, direct};

/// What a broker calls its cluster in ACLs.
const CLUSTER: &str = "kafka-cluster";

/// One ACL, in the words of Kafka's protocol in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acl {
    /// `User:` and the name.
    pub principal: String,
    /// `cluster`, `topic`, `group` or `transactional_id`.
    pub resource_type: String,
    /// `literal` or `prefixed`.
    pub pattern_type: String,
    /// Name or prefix.
    pub name: String,
    /// What is meant.
    pub operation: String,
    /// `allow` or `deny`.
    pub permission: String,
    /// From where; `*` is anywhere.
    pub host: String,
}

/// Kafka's word for a kind of resource.
const fn resource_type(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::KafkaCluster => Some("cluster"),
        Kind::KafkaTopic => Some("topic"),
        Kind::KafkaGroup => Some("group"),
        Kind::KafkaTransactionalId => Some("transactional_id"),
        _ => None,
    }
}

pub(super) fn text(model: &Model) -> String {
    let mut acls = BTreeSet::new();
    for (agent, user) in users(model) {
        // What a broker takes as implied is not written out.
        for right in direct(model, agent, System::Kafka) {
            acls.extend(of_right(user, &right));
        }
    }
    let mut text = String::new();
    for acl in acls {
        // Nothing but texts.
        let line = serde_json::to_string(&acl).expect("an ACL is JSON");
        let _ = writeln!(text, "{line}");
    }
    text
}

fn of_right<'a>(user: &'a str, right: &'a Right) -> impl Iterator<Item = Acl> + 'a {
    right.names.iter().filter_map(move |name| {
        let kind = right.operation.kind;
        let (pattern_type, name) = match (kind, name.strip_suffix('*')) {
            (Kind::KafkaCluster, _) => ("literal", CLUSTER),
            // A star alone is no prefix: that is how Kafka writes everything.
            (_, Some("")) => ("literal", "*"),
            (_, Some(prefix)) => ("prefixed", prefix),
            (_, None) => ("literal", name.as_str()),
        };
        Some(Acl {
            principal: format!("User:{user}"),
            resource_type: resource_type(kind)?.to_owned(),
            pattern_type: pattern_type.to_owned(),
            name: name.to_owned(),
            operation: right.operation.native?.to_owned(),
            permission: "allow".to_owned(),
            host: "*".to_owned(),
        })
    })
}
