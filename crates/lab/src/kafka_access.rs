//! What each agent may do on Kafka, and how the brokers come to go by it.
//!
//! Whom no rule names may do nothing. Brokers and administrator need none.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::error::LabError;
use crate::kafka_wire::{Acl, Connection};
use crate::layout::broker_listener::CLIENT;
use crate::pipeline::any_broker;
use crate::servers::{Site, connect_kafka};
use crate::spec::NodeSpec;

/// A change of the rules is with every broker within milliseconds.
const SPREAD_DEADLINE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What agents may do, a rule a line, as the permission model generates it.
const GENERATED: &str = include_str!("../../../iam/generated/kafka-acls.jsonl");

/// A generated rule, in Kafka's own words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    principal: String,
    resource_type: Resource,
    pattern_type: Pattern,
    name: String,
    operation: Operation,
    permission: Permission,
    host: String,
}

/// A kind of resource, with Kafka's number for it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Resource {
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
}

/// How far a name reaches, with Kafka's number for it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pattern {
    Literal = 3,
    Prefixed = 4,
}

/// What can be done, with Kafka's number for it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
}

/// Whether it may be done, with Kafka's number for it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Permission {
    Allow = 3,
}

/// The rules that every broker of a lab has to go by: what agents may do, and nothing more.
pub fn rules() -> Vec<Acl> {
    let rules = GENERATED.lines().map(|line| {
        let rule: Rule = serde_json::from_str(line).expect("a test reads every line");
        Acl {
            principal: rule.principal,
            resource: rule.resource_type as i8,
            pattern: rule.pattern_type as i8,
            name: rule.name,
            host: rule.host,
            operation: rule.operation as i8,
            permission: rule.permission as i8,
        }
    });
    rules.collect()
}

/// Has every broker go by [`rules`]. Changes nothing where all is as it should be.
///
/// # Errors
/// As [`apply_rules`].
pub async fn apply(site: &Site) -> Result<(), LabError> {
    apply_rules(site, &rules()).await
}

/// Has every broker go by `wanted`: adds the rules that are missing and takes away all others for the
/// lab's identities or for everybody. Rules for anybody else stay.
///
/// # Errors
/// When a broker does not answer, refuses, or does not hear of a change within five seconds.
pub async fn apply_rules(site: &Site, wanted: &[Acl]) -> Result<(), LabError> {
    let failed = |why: String| LabError::Pipeline(format!("kafka: {why}"));
    let mut broker = any_broker(site).await?;
    let change = Change::of(site, &mut broker, wanted)
        .await
        .map_err(failed)?;
    if change.is_none() {
        return Ok(());
    }
    change.carry_out(&mut broker).await.map_err(failed)?;
    for node in site.spec.brokers() {
        heard(site, node, wanted).await.map_err(failed)?;
    }
    Ok(())
}

/// Whether a broker lists `wanted` as all that the lab's identities may do.
///
/// # Errors
/// When no broker answers.
pub async fn goes_by(site: &Site, wanted: &[Acl]) -> Result<bool, LabError> {
    let mut broker = any_broker(site).await?;
    let change = Change::of(site, &mut broker, wanted).await;
    let change = change.map_err(|why| LabError::Pipeline(format!("kafka: {why}")))?;
    Ok(change.is_none())
}

/// Waits until the broker `node` goes by `wanted`.
async fn heard(site: &Site, node: &NodeSpec, wanted: &[Acl]) -> Result<(), String> {
    let mut broker = connect_kafka(site, node.past_slot(CLIENT)).await?;
    let deadline = Instant::now() + SPREAD_DEADLINE;
    while !Change::of(site, &mut broker, wanted).await?.is_none() {
        if Instant::now() > deadline {
            return Err(format!("{} goes by other rules", node.name));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// What lies between the rules that there are and those that there should be.
struct Change {
    add: Vec<Acl>,
    remove: Vec<Acl>,
}

impl Change {
    async fn of(site: &Site, broker: &mut Connection, wanted: &[Acl]) -> Result<Self, String> {
        let identities = site.spec.identities();
        let ours: BTreeSet<String> = identities.iter().map(|name| user(name)).collect();
        Ok(Self::between(&ours, wanted, broker.acls().await?))
    }

    fn between(ours: &BTreeSet<String>, wanted: &[Acl], present: Vec<Acl>) -> Self {
        let add = wanted.iter().filter(|acl| !present.contains(acl));
        let add = add.cloned().collect();
        let reaches_us = |acl: &Acl| ours.contains(&acl.principal) || acl.principal == user("*");
        let remove = present.into_iter();
        let remove = remove.filter(|acl| reaches_us(acl) && !wanted.contains(acl));
        Self {
            add,
            remove: remove.collect(),
        }
    }

    fn is_none(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    async fn carry_out(&self, broker: &mut Connection) -> Result<(), String> {
        if !self.add.is_empty() {
            broker.create_acls(&self.add).await?;
        }
        if !self.remove.is_empty() {
            broker.delete_acls(&self.remove).await?;
        }
        Ok(())
    }
}

fn user(name: &str) -> String {
    format!("User:{name}")
}

#[cfg(test)]
mod tests {
    use rlab_contract::agent_config::Namespace;

    use super::*;

    fn between(present: Vec<Acl>) -> Change {
        let ours = ["query_service", "outbox_relay"].map(user);
        Change::between(&ours.into(), &rules(), present)
    }

    #[test]
    fn every_namespace_lies_within_the_rules_and_nothing_that_only_sounds_like_one() {
        let all = rules();
        let reached = |resource: Resource, name: &str| {
            let mut of_kind = all.iter().filter(|rule| rule.resource == resource as i8);
            of_kind.any(|rule| name.starts_with(&rule.name))
        };
        for namespace in [crate::pipeline::own_namespace(), Namespace::named("e002_a")] {
            assert!(reached(Resource::Topic, &namespace.topic));
            assert!(reached(Resource::Group, &namespace.group));
        }
        for other in [
            "valuation.events",
            "valuation.eventsx",
            "__consumer_offsets",
        ] {
            assert!(!reached(Resource::Topic, other));
        }
        assert!(!reached(Resource::Group, "consumer-service"));
    }

    #[test]
    fn rules_that_are_as_they_should_be_are_left_alone() {
        assert!(between(rules()).is_none());
    }

    #[test]
    fn what_is_missing_is_added_and_what_an_agent_could_use_beyond_it_is_taken_away() {
        let mut present = rules();
        let missing = present.remove(1);
        let of = |principal: &str| Acl {
            principal: user(principal),
            name: "valuation.events.main".to_owned(),
            pattern: Pattern::Literal as i8,
            ..missing.clone()
        };
        let too_much = [of("query_service"), of("outbox_relay"), of("*")];
        let elsewhere = of("somebody_else");
        present.extend(too_much.clone());
        present.push(elsewhere);
        let change = between(present);
        assert_eq!(change.add, [missing]);
        assert_eq!(change.remove, too_much);
    }
}
