//! What a plan of terraform needs of an account's limits.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Limit;

/// How many of something are needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Need {
    /// The limit that it counts against.
    pub limit: Limit,
    /// How many.
    pub count: f64,
}

impl Need {
    /// What `plan` (`terraform show -json`) makes anew. Tasks are counted once for each definition: how
    /// many of them run is not the plan's matter.
    pub fn of_plan(plan: &Value) -> Vec<Self> {
        let mut counts: BTreeMap<Limit, f64> = BTreeMap::new();
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        for resource in changes.filter(|resource| is_made(resource)) {
            let kind = resource["type"].as_str().unwrap_or_default();
            if let Some((limit, count)) = counted(kind, &resource["change"]["after"]) {
                *counts.entry(limit).or_default() += count;
            }
        }
        let needs = counts.into_iter();
        needs.map(|(limit, count)| Self { limit, count }).collect()
    }
}

fn is_made(resource: &Value) -> bool {
    let actions = resource["change"]["actions"].as_array();
    resource["mode"] == "managed" && actions.is_some_and(|all| all.iter().any(|a| a == "create"))
}

fn counted(kind: &str, after: &Value) -> Option<(Limit, f64)> {
    let told = |name: &str| number(&after[name]);
    Some(match kind {
        "aws_vpc" => (Limit::Vpcs, 1.0),
        "aws_msk_cluster" => (Limit::KafkaBrokers, told("number_of_broker_nodes")?),
        "aws_db_instance" | "aws_rds_cluster_instance" => (Limit::Databases, 1.0),
        "aws_elasticache_replication_group" => {
            let shards = || {
                let replicas = told("replicas_per_node_group").unwrap_or_default();
                Some(told("num_node_groups")? * (1.0 + replicas))
            };
            (
                Limit::CacheNodes,
                told("num_cache_clusters").or_else(shards)?,
            )
        }
        // Terraform counts in 1/1024 of a vCPU.
        "aws_ecs_task_definition" => (Limit::FargateVcpus, told("cpu")? / 1024.0),
        _ => return None,
    })
}

/// A number, which terraform writes as text in places.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(kind: &str, actions: &[&str], after: Value) -> Value {
        json!({ "mode": "managed", "type": kind, "change": { "actions": actions, "after": after } })
    }

    #[test]
    fn a_plan_needs_what_it_makes_and_not_what_is_there() {
        let brokers = |n: i32| json!({ "number_of_broker_nodes": n });
        let plan = json!({ "resource_changes": [
            change("aws_msk_cluster", &["create"], brokers(3)),
            change("aws_msk_cluster", &["no-op"], brokers(6)),
            change("aws_vpc", &["delete"], Value::Null),
            change("aws_db_instance", &["create"], json!({ "multi_az": true })),
            change("aws_elasticache_replication_group", &["create"], json!({ "num_cache_clusters": 2 })),
            change("aws_elasticache_replication_group", &["create"],
                   json!({ "num_node_groups": 2, "replicas_per_node_group": 1 })),
            change("aws_ecs_task_definition", &["create"], json!({ "cpu": "512" })),
            change("aws_ecs_task_definition", &["delete", "create"], json!({ "cpu": "1024" })),
        ] });
        let needs = Need::of_plan(&plan);
        let told: Vec<_> = needs.iter().map(|need| (need.limit, need.count)).collect();
        assert_eq!(
            told,
            [
                (Limit::KafkaBrokers, 3.0),
                (Limit::Databases, 1.0),
                (Limit::CacheNodes, 6.0),
                (Limit::FargateVcpus, 1.5),
            ]
        );
    }
}
