//! What `import` wants to be told, where that is not the id that terraform shows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Made;

/// Types whose id for `import` is a name that stands in the plan: type and attribute.
const NAMED: &[(&str, &str)] = &[
    ("aws_cloudwatch_dashboard", "dashboard_name"),
    ("aws_cloudwatch_log_group", "name"),
    ("aws_cloudwatch_metric_alarm", "alarm_name"),
    ("aws_db_instance", "identifier"),
    ("aws_db_parameter_group", "name"),
    ("aws_db_subnet_group", "name"),
    ("aws_ecr_repository", "name"),
    ("aws_ecs_cluster", "name"),
    ("aws_elasticache_parameter_group", "name"),
    ("aws_elasticache_replication_group", "replication_group_id"),
    ("aws_elasticache_serverless_cache", "name"),
    ("aws_elasticache_subnet_group", "name"),
    ("aws_elasticache_user", "user_id"),
    ("aws_elasticache_user_group", "user_group_id"),
    ("aws_iam_role", "name"),
    ("aws_kms_alias", "name"),
    ("aws_rds_cluster", "cluster_identifier"),
    ("aws_rds_cluster_instance", "identifier"),
    ("aws_rds_cluster_parameter_group", "name"),
];

/// Types whose resources AWS calls by an id of its own, and lets be found by a planned name: type and
/// attribute.
const SOUGHT: &[(&str, &str)] = &[
    ("aws_msk_cluster", "cluster_name"),
    ("aws_msk_configuration", "name"),
    ("aws_msk_serverless_cluster", "cluster_name"),
    ("aws_secretsmanager_secret", "name"),
    ("aws_service_discovery_private_dns_namespace", "name"),
];

/// Types whose resources are not taken over: a new revision takes the place of the old one, or
/// doing it again changes nothing.
const LEFT: &[&str] = &["aws_ecs_task_definition", "aws_iam_role_policy_attachment"];

/// The ids of everything that was made, for types that are called by those of others.
pub(super) struct Ids<'a>(&'a BTreeMap<String, Made>);

impl<'a> Ids<'a> {
    pub(super) fn of(made: &'a BTreeMap<String, Made>) -> Self {
        Self(made)
    }

    /// What `import` calls the resource of type `kind` that terraform showed as `id`; none when it is
    /// not to be taken over, or is called by its name.
    pub(super) fn import_id(&self, address: &str, kind: &str, id: &str) -> Option<String> {
        if LEFT.contains(&kind) || NAMED.iter().any(|(named, _)| *named == kind) {
            return None;
        }
        match kind {
            // …:service/<cluster>/<service>
            "aws_ecs_service" => id.split_once(":service/").map(|(_, name)| name.to_owned()),
            "aws_service_discovery_private_dns_namespace" => {
                let vpc = self.any("aws_vpc", "")?;
                Some(format!("{id}:{vpc}"))
            }
            "aws_route_table_association" => {
                let (module, _) = address.split_once("aws_route_table_association")?;
                let subnet = address.replace("aws_route_table_association", "aws_subnet");
                let subnet = self.0.get(&subnet)?.id.as_ref()?;
                Some(format!("{subnet}/{}", self.any("aws_route_table", module)?))
            }
            _ => Some(id.to_owned()),
        }
    }

    fn any(&self, kind: &str, module: &str) -> Option<&String> {
        let mut of_kind = self.0.iter().filter(|(_, made)| made.kind == kind);
        of_kind.find_map(|(address, made)| made.id.as_ref().filter(|_| address.starts_with(module)))
    }
}

/// Address → id of each planned resource that is called by its name.
pub(super) fn by_name(plan: &Value) -> BTreeMap<String, String> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let account = plan["variables"]["account_id"]["value"].as_str();
    let named = changes.filter_map(|change| {
        let kind = change["type"].as_str()?;
        if kind == "aws_budgets_budget" {
            let name = change["change"]["after"]["name"].as_str()?;
            let id = format!("{}:{name}", account?);
            return Some((change["address"].as_str()?.to_owned(), id));
        }
        let (_, attribute) = NAMED.iter().find(|(named, _)| *named == kind)?;
        let name = change["change"]["after"][attribute].as_str()?;
        Some((change["address"].as_str()?.to_owned(), name.to_owned()))
    });
    named.collect()
}

/// Address → name of each planned resource that has one by which AWS lets it be found.
pub(super) fn names(plan: &Value) -> BTreeMap<String, String> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let named = changes.filter_map(|change| {
        let kind = change["type"].as_str()?;
        let mut known = NAMED.iter().chain(SOUGHT);
        let (_, attribute) = known.find(|(known, _)| *known == kind)?;
        let name = change["change"]["after"][attribute].as_str()?;
        Some((change["address"].as_str()?.to_owned(), name.to_owned()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(of: &[(&str, &str, &str)]) -> BTreeMap<String, Made> {
        let one = |(address, kind, id): &(&str, &str, &str)| {
            let made = Made {
                kind: (*kind).to_owned(),
                id: Some((*id).to_owned()),
            };
            ((*address).to_owned(), made)
        };
        of.iter().map(one).collect()
    }

    #[test]
    fn a_resource_is_called_by_what_import_wants_and_not_by_what_terraform_shows() {
        let made = made(&[
            ("module.n.aws_vpc.lab[0]", "aws_vpc", "vpc-1"),
            ("module.n.aws_subnet.zone[\"a\"]", "aws_subnet", "subnet-1"),
            (
                "module.n.aws_route_table.closed[0]",
                "aws_route_table",
                "rtb-1",
            ),
        ]);
        let ids = Ids::of(&made);
        let id = |address: &str, kind: &str, id: &str| ids.import_id(address, kind, id);
        let service = "arn:aws:ecs:r:1:service/rlab-x/registry";
        assert_eq!(
            id("s", "aws_ecs_service", service).unwrap(),
            "rlab-x/registry"
        );
        let association = "module.n.aws_route_table_association.zone[\"a\"]";
        let told = id(association, "aws_route_table_association", "rtbassoc-1");
        assert_eq!(told.unwrap(), "subnet-1/rtb-1");
        let namespace = "aws_service_discovery_private_dns_namespace";
        assert_eq!(id("d", namespace, "ns-1").unwrap(), "ns-1:vpc-1");
        assert_eq!(id("v", "aws_vpc", "vpc-1").unwrap(), "vpc-1");
        assert_eq!(id("t", "aws_ecs_task_definition", "family"), None);
    }

    #[test]
    fn a_planned_name_is_an_id_where_import_goes_by_names() {
        let change = |address: &str, kind: &str, after: Value| json!({ "address": address, "type": kind, "change": { "after": after } });
        let plan = json!({ "resource_changes": [
            change("a", "aws_iam_role", json!({ "name": "rlab-x-runner" })),
            change("b", "aws_vpc", json!({ "cidr_block": "10.0.0.0/16" })),
            change("c", "aws_db_instance", json!({ "identifier": null })),
            change("d", "aws_budgets_budget", json!({ "name": "rlab-x-daily" })),
        ], "variables": { "account_id": { "value": "1" } } });
        let names = by_name(&plan);
        let all: Vec<_> = names
            .iter()
            .map(|(a, id)| (a.as_str(), id.as_str()))
            .collect();
        assert_eq!(all, [("a", "rlab-x-runner"), ("d", "1:rlab-x-daily")]);
    }

    #[test]
    fn what_aws_calls_by_an_id_of_its_own_is_sought_by_its_planned_name_and_has_no_id_by_it() {
        let change = |address: &str, kind: &str, after: Value| json!({ "address": address, "type": kind, "change": { "after": after } });
        let plan = json!({ "resource_changes": [
            change("k", "aws_msk_cluster", json!({ "cluster_name": "rlab-x" })),
            change("s", "aws_secretsmanager_secret", json!({ "name": "rlab-x/runner" })),
            change("v", "aws_vpc", json!({})),
        ] });
        let sought: Vec<_> = names(&plan).into_iter().collect();
        let told = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(sought, [told("k", "rlab-x"), told("s", "rlab-x/runner")]);
        assert!(by_name(&plan).is_empty());
    }
}
