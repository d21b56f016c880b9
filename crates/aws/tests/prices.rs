//! What a plan costs, and what is said when that is not known.

use rlab_aws::price::{Estimate, Prices, estimate};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";

fn standing(address: &str, after: Value) -> Value {
    let kind = address
        .split('[')
        .next()
        .unwrap()
        .rsplit('.')
        .nth(1)
        .unwrap();
    json!({
        "address": address, "mode": "managed", "type": kind,
        "change": { "actions": ["create"], "before": null, "after": after },
    })
}

fn price(resources: &[Value]) -> Estimate {
    let plan = json!({ "format_version": "1.2", "resource_changes": resources });
    estimate(&plan, REGION, &Prices::built_in())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn each_part_of_a_lab_is_priced_by_its_size() {
    let month = 730.0;
    let table = [
        (
            "aws_msk_cluster.k",
            json!({ "number_of_broker_nodes": 3, "broker_node_group_info": [{ "instance_type": "kafka.t3.small", "storage_info": [{ "ebs_storage_info": [{ "volume_size": 10 }] }] }] }),
            3.0 * 0.0456 + 30.0 * 0.10 / month,
        ),
        (
            "aws_db_instance.d",
            json!({ "engine": "mysql", "instance_class": "db.t4g.small", "multi_az": true, "storage_type": "gp3", "allocated_storage": 20 }),
            0.065 + 20.0 * 0.23 / month,
        ),
        (
            "aws_elasticache_replication_group.c",
            json!({ "engine": "redis", "node_type": "cache.t4g.micro", "num_cache_clusters": 2 }),
            0.032,
        ),
        (
            "aws_elasticache_replication_group.s",
            json!({ "engine": "redis", "node_type": "cache.t4g.micro", "num_node_groups": 3, "replicas_per_node_group": 1 }),
            6.0 * 0.016,
        ),
        ("aws_nat_gateway.n", json!({}), 0.045),
        (
            "aws_vpc_endpoint.e",
            json!({ "vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b", "c"] }),
            0.03,
        ),
        (
            "aws_vpc_endpoint.g",
            json!({ "vpc_endpoint_type": "Gateway" }),
            0.0,
        ),
        ("aws_kms_key.k", json!({}), 1.0 / month),
        ("aws_msk_serverless_cluster.k", json!({}), 0.75),
        ("aws_iam_role.r", json!({}), 0.0),
        ("aws_cloudwatch_log_group.l", json!({}), 0.0),
    ];
    for (address, after, usd_per_hour) in table {
        let found = price(&[standing(address, after)]);
        assert!(
            near(found.usd_per_hour, usd_per_hour),
            "{address}: {}",
            found.usd_per_hour
        );
        assert_eq!(found.not_priced, Vec::<String>::new(), "{address}");
    }
}

#[test]
fn a_service_is_priced_by_the_task_definition_it_refers_to() {
    let definition = |cpu: &str, memory: &str| json!({ "cpu": cpu, "memory": memory, "runtime_platform": [{ "cpu_architecture": "ARM64" }] });
    let plan = json!({
        "resource_changes": [
            standing("module.agents.aws_ecs_task_definition.agent[\"relay\"]", definition("512", "1024")),
            standing("module.agents.aws_ecs_task_definition.agent[\"query\"]", definition("2048", "4096")),
            standing("module.agents.aws_ecs_service.agent[\"relay\"]", json!({ "desired_count": 2 })),
        ],
        "configuration": { "root_module": { "module_calls": { "agents": { "module": { "resources": [{
            "address": "aws_ecs_service.agent",
            "expressions": { "task_definition": { "references": [
                "aws_ecs_task_definition.agent", "each.key",
            ] } },
        }] } } } } },
    });
    let found = estimate(&plan, REGION, &Prices::built_in());
    assert!(
        near(found.usd_per_hour, 2.0 * (0.5 * 0.03238 + 1.0 * 0.00356)),
        "{found:?}"
    );
    assert!(found.not_priced.is_empty());
    let of_query = found.by_use.iter().filter(|b| b.address.contains("query"));
    let one_task: f64 = of_query.map(|b| b.usd).sum();
    assert!(
        near(one_task, 2.0 * 0.03238 + 4.0 * 0.00356),
        "an hour of one more task"
    );
}

#[test]
fn a_service_for_each_definition_finds_its_own() {
    let definition = |cpu: &str| json!({ "cpu": cpu, "memory": "1024" });
    let plan = json!({
        "resource_changes": [
            standing("aws_ecs_task_definition.all[\"small\"]", definition("256")),
            standing("aws_ecs_task_definition.all[\"large\"]", definition("1024")),
            standing("aws_ecs_service.all[\"large\"]", json!({ "desired_count": 1 })),
        ],
        "configuration": { "root_module": { "resources": [{
            "address": "aws_ecs_service.all",
            "expressions": { "task_definition": { "references": ["each.value.arn", "each.value"] } },
            "for_each_expression": { "references": ["aws_ecs_task_definition.all"] },
        }] } },
    });
    let found = estimate(&plan, REGION, &Prices::built_in());
    assert!(near(found.usd_per_hour, 0.04048 + 0.004445), "{found:?}");
}

#[test]
fn a_service_without_tasks_costs_nothing() {
    let found = price(&[standing("aws_ecs_service.s", json!({ "desired_count": 0 }))]);
    assert!(near(found.usd_per_hour, 0.0) && found.not_priced.is_empty());
}

#[test]
fn an_endpoint_in_subnets_of_the_same_plan_is_in_one_at_least_and_in_all_at_most() {
    let subnet = |i: u8| standing(&format!("module.net.aws_subnet.s[{i}]"), json!({}));
    let endpoint = standing(
        "aws_vpc_endpoint.e",
        json!({ "vpc_endpoint_type": "Interface" }),
    );
    let found = price(&[subnet(0), subnet(1), subnet(2), endpoint]);
    assert!(near(found.usd_per_hour, 0.01) && near(found.usd_per_hour_at_most, 0.03));
}

#[test]
fn what_scales_by_itself_has_a_least_and_a_most() {
    let found = price(&[
        standing(
            "aws_rds_cluster.a",
            json!({ "serverlessv2_scaling_configuration": [{ "min_capacity": 0.5, "max_capacity": 4.0 }] }),
        ),
        standing(
            "aws_rds_cluster_instance.a[0]",
            json!({ "instance_class": "db.serverless" }),
        ),
        standing(
            "aws_rds_cluster_instance.a[1]",
            json!({ "instance_class": "db.serverless" }),
        ),
    ]);
    assert!(near(found.usd_per_hour, 0.12), "{found:?}");
    assert!(near(found.usd_per_hour_at_most, 0.96));
    let by_use: Vec<&str> = found.by_use.iter().map(|b| b.price.as_str()).collect();
    assert_eq!(by_use, ["aurora.storage", "aurora.requests"]);
}

#[test]
fn what_has_no_price_is_named_and_adds_nothing() {
    let found = price(&[
        standing(
            "aws_msk_cluster.big",
            json!({ "number_of_broker_nodes": 3, "broker_node_group_info": [{ "instance_type": "kafka.m99.huge" }] }),
        ),
        standing("aws_quantum_computer.q", json!({})),
        standing(
            "aws_vpc_endpoint.later",
            json!({ "vpc_endpoint_type": "Interface" }),
        ),
        standing("aws_ecs_service.lost", json!({ "desired_count": 1 })),
    ]);
    assert_eq!(
        found.not_priced,
        [
            "aws_msk_cluster.big (msk.kafka.m99.huge)",
            "aws_quantum_computer.q",
            "aws_vpc_endpoint.later",
            "aws_ecs_service.lost"
        ]
    );
    assert!(near(found.usd_per_hour, 0.0));
}

#[test]
fn what_the_plan_removes_costs_nothing_and_what_it_leaves_alone_does() {
    let mut removed = standing("aws_nat_gateway.old", Value::Null);
    removed["change"]["actions"] = json!(["delete"]);
    let mut kept = standing("aws_nat_gateway.kept", json!({}));
    kept["change"]["actions"] = json!(["no-op"]);
    let found = price(&[removed, kept]);
    assert_eq!(
        found
            .lines
            .iter()
            .map(|l| l.address.as_str())
            .collect::<Vec<_>>(),
        ["aws_nat_gateway.kept"]
    );
}

#[test]
fn the_region_and_the_date_of_the_prices_are_told() {
    let plan = json!({ "resource_changes": [] });
    let here = estimate(&plan, REGION, &Prices::built_in());
    assert_eq!((here.region.as_str(), here.other_region), (REGION, None));
    assert_eq!(here.dated.len(), "2026-11-21".len());
    let there = estimate(&plan, "eu-central-1", &Prices::built_in());
    assert_eq!(there.other_region.as_deref(), Some("eu-central-1"));
}

#[test]
fn a_price_without_a_source_is_refused() {
    let table = |price: &str| {
        format!(
            "schema = \"x\"\ndated = 2026-01-01\nregion = \"r\"\nfree = []\n[prices]\n\"a\" = {price}"
        )
    };
    let good = r#"{ usd = 1.0, per = "hour", quality = "aws", source = "here" }"#;
    assert!(Prices::parse(&table(good)).is_ok());
    for bad in [
        good.replace("here", ""),
        good.replace("1.0", "-1.0"),
        good.replace("1.0", "nan"),
        good.replace(", source = \"here\"", ""),
        good.replace("hour", "fortnight"),
    ] {
        assert!(Prices::parse(&table(&bad)).is_err(), "{bad}");
    }
}
