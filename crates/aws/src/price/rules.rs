//! Which prices a resource has, and how many of each, told from its attributes in the plan.

use serde_json::Value;

use super::tasks;

/// A resource that stands once the plan is carried out.
pub(super) struct Resource<'a> {
    pub address: &'a str,
    pub kind: &'a str,
    pub attributes: &'a Value,
}

/// A price, and how much of it.
pub(super) struct Item {
    pub price: String,
    pub amount: Amount,
}

/// How much of something a resource is billed for.
pub(super) enum Amount {
    /// While it stands: at least, and at most.
    Standing(f64, f64),
    /// Whenever it is used: for one use.
    Use(f64),
}

impl<'a> Resource<'a> {
    /// `None` for data sources and for what the plan removes.
    pub fn read(change: &'a Value) -> Option<Self> {
        let attributes = &change["change"]["after"];
        (change["mode"] == "managed" && attributes.is_object()).then_some(())?;
        Some(Self {
            address: change["address"].as_str()?,
            kind: change["type"].as_str()?,
            attributes,
        })
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        number(&self.attributes[name])
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.attributes[name].as_str()
    }

    /// The only block of that name.
    fn block(&self, name: &str) -> &'a Value {
        block(self.attributes, name)
    }
}

/// Everything that `resource` costs; `None` when its type is not known here, or what decides the price
/// is not known before the apply.
pub(super) fn items(resource: &Resource<'_>, plan: &Value) -> Option<Vec<Item>> {
    match resource.kind {
        "aws_msk_cluster" => msk(resource),
        "aws_msk_serverless_cluster" => Some(msk_serverless()),
        "aws_db_instance" => database(resource),
        "aws_rds_cluster" => Some(vec![by_use("aurora.storage"), by_use("aurora.requests")]),
        "aws_rds_cluster_instance" => aurora(resource, plan),
        "aws_elasticache_replication_group" => cache(resource),
        "aws_elasticache_serverless_cache" => serverless_cache(resource),
        "aws_ecs_service" => tasks::service(resource, plan),
        "aws_ecs_task_definition" => tasks::each(resource),
        "aws_nat_gateway" => Some(vec![count("nat.gateway", 1.0), by_use("nat.data")]),
        "aws_vpc_endpoint" => endpoint(resource, plan),
        "aws_kms_key" => Some(vec![count("kms.key", 1.0)]),
        "aws_secretsmanager_secret" => Some(vec![count("secretsmanager.secret", 1.0)]),
        "aws_cloudwatch_metric_alarm" => Some(vec![count("cloudwatch.alarm", metrics(resource))]),
        "aws_cloudwatch_dashboard" => Some(vec![count("cloudwatch.dashboard", 1.0)]),
        "aws_service_discovery_private_dns_namespace" => Some(vec![count("route53.zone", 1.0)]),
        "aws_ecr_repository" => Some(vec![by_use("ecr.storage")]),
        "aws_efs_file_system" => Some(vec![by_use("efs.storage")]),
        "aws_s3_bucket" => Some(vec![by_use("s3.storage")]),
        "aws_cloudwatch_log_group" => Some(vec![
            by_use("cloudwatch.logs_ingested"),
            by_use("cloudwatch.logs_stored"),
        ]),
        _ => None,
    }
}

fn msk(cluster: &Resource<'_>) -> Option<Vec<Item>> {
    let brokers = cluster.number("number_of_broker_nodes")?;
    let group = cluster.block("broker_node_group_info");
    let size = group["instance_type"].as_str()?;
    let mut items = vec![count(&format!("msk.{size}"), brokers)];
    let volume = &block(block(group, "storage_info"), "ebs_storage_info")["volume_size"];
    if let Some(gb) = number(volume) {
        items.push(count("msk.storage", brokers * gb));
    }
    Some(items)
}

fn msk_serverless() -> Vec<Item> {
    vec![
        count("msk_serverless.cluster", 1.0),
        by_use("msk_serverless.partition"),
        by_use("msk_serverless.data_in"),
        by_use("msk_serverless.data_out"),
    ]
}

fn database(instance: &Resource<'_>) -> Option<Vec<Item>> {
    let (engine, size) = (instance.text("engine")?, instance.text("instance_class")?);
    let zones = match instance.attributes["multi_az"].as_bool().unwrap_or(false) {
        true => "multi_az",
        false => "single_az",
    };
    let storage = instance.text("storage_type").unwrap_or("gp2");
    Some(vec![
        count(&format!("rds.{engine}.{zones}.{size}"), 1.0),
        count(
            &format!("rds.storage.{zones}.{storage}"),
            instance.number("allocated_storage")?,
        ),
    ])
}

/// Serverless instances scale within what their cluster allows. Where a plan has several clusters, the
/// smallest and the largest of their limits count.
fn aurora(instance: &Resource<'_>, plan: &Value) -> Option<Vec<Item>> {
    if instance.text("instance_class")? != "db.serverless" {
        return Some(vec![count(
            &format!("aurora.{}", instance.text("instance_class")?),
            1.0,
        )]);
    }
    let clusters = standing(plan, "aws_rds_cluster");
    let limit = |cluster: &Resource<'_>, name: &str| {
        number(&cluster.block("serverlessv2_scaling_configuration")[name])
    };
    let limits =
        clusters.filter_map(|c| Some((limit(&c, "min_capacity")?, limit(&c, "max_capacity")?)));
    let (least, most) = limits.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some(vec![Item {
        price: "aurora.serverless_v2.acu".into(),
        amount: Amount::Standing(least, most),
    }])
}

fn cache(group: &Resource<'_>) -> Option<Vec<Item>> {
    let size = group.text("node_type")?;
    let shards = || {
        let replicas = group.number("replicas_per_node_group").unwrap_or(0.0);
        Some(group.number("num_node_groups")? * (replicas + 1.0))
    };
    let nodes = group.number("num_cache_clusters").or_else(shards)?;
    let engine = group.text("engine").unwrap_or("redis");
    Some(vec![count(&format!("elasticache.{engine}.{size}"), nodes)])
}

/// Billed for at least a gigabyte, or a tenth of one with Valkey.
fn serverless_cache(cache: &Resource<'_>) -> Option<Vec<Item>> {
    let engine = cache.text("engine")?;
    let least = match engine {
        "valkey" => 0.1,
        _ => 1.0,
    };
    let usage = block(cache.block("cache_usage_limits"), "data_storage");
    let most = number(&usage["maximum"]).unwrap_or(least).max(least);
    Some(vec![
        Item {
            price: format!("elasticache_serverless.{engine}.stored"),
            amount: Amount::Standing(least, most),
        },
        by_use(&format!("elasticache_serverless.{engine}.ecpu")),
    ])
}

/// An interface endpoint is billed for each zone. Which those are is not known before the apply when the
/// same plan makes the subnets: then it is in one of them at least, and in all at most.
fn endpoint(endpoint: &Resource<'_>, plan: &Value) -> Option<Vec<Item>> {
    match endpoint.text("vpc_endpoint_type").unwrap_or("Gateway") {
        "Gateway" => Some(Vec::new()),
        "Interface" => {
            let known = endpoint.attributes["subnet_ids"].as_array().map(Vec::len);
            let (least, most) = match known.filter(|n| *n > 0) {
                Some(zones) => (zones, zones),
                None => (1, standing(plan, "aws_subnet").count()),
            };
            let zones = Item {
                price: "vpc_endpoint.interface".into(),
                amount: Amount::Standing(least as f64, most as f64),
            };
            (most > 0).then(|| vec![zones, by_use("vpc_endpoint.data")])
        }
        _ => None,
    }
}

/// An alarm over an expression is billed for each metric in it.
fn metrics(alarm: &Resource<'_>) -> f64 {
    let queries = alarm.attributes["metric_query"]
        .as_array()
        .into_iter()
        .flatten();
    let metrics = queries
        .filter(|q| q["metric"].as_array().is_some_and(|m| !m.is_empty()))
        .count();
    metrics.max(1) as f64
}

pub(super) fn standing<'a>(plan: &'a Value, kind: &str) -> impl Iterator<Item = Resource<'a>> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let all = changes.filter_map(Resource::read);
    all.filter(move |r| r.kind == kind)
}

fn count(price: &str, quantity: f64) -> Item {
    Item {
        price: price.into(),
        amount: Amount::Standing(quantity, quantity),
    }
}

fn by_use(price: &str) -> Item {
    Item {
        price: price.into(),
        amount: Amount::Use(1.0),
    }
}

/// Terraform writes a block as a list of one.
pub(super) fn block<'a>(holder: &'a Value, name: &str) -> &'a Value {
    match &holder[name] {
        Value::Array(blocks) => blocks.first().unwrap_or(&Value::Null),
        other => other,
    }
}

/// Some providers keep numbers as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (number.is_finite() && number >= 0.0).then_some(number)
}
