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

/// Types whose resources AWS calls by an id of its own, and lets be found by something that stands in the plan:
/// type, and where in its change.
const SOUGHT: &[(&str, &str)] = &[
    ("aws_budgets_budget", "/change/after/name"),
    ("aws_ecs_service", "/change/after/name"),
    (
        "aws_efs_access_point",
        "/change/after/root_directory/0/path",
    ),
    ("aws_efs_file_system", "/change/after/creation_token"),
    // One stands in each zone, and its module counts them by zone.
    ("aws_efs_mount_target", "/index"),
    ("aws_fis_experiment_template", "/change/after/tags/Name"),
    ("aws_kms_key", "/change/after/description"),
    ("aws_msk_cluster", "/change/after/cluster_name"),
    ("aws_msk_configuration", "/change/after/name"),
    ("aws_msk_serverless_cluster", "/change/after/cluster_name"),
    ("aws_route_table", "/change/after/tags/Name"),
    // The same.
    ("aws_route_table_association", "/index"),
    ("aws_secretsmanager_secret", "/change/after/name"),
    ("aws_security_group", "/change/after/tags/Name"),
    (NAMESPACE, "/change/after/name"),
    ("aws_service_discovery_service", "/change/after/name"),
    ("aws_subnet", "/change/after/tags/Name"),
    ("aws_vpc", "/change/after/tags/Name"),
    ("aws_vpc_endpoint", "/change/after/tags/Name"),
    (
        "aws_vpc_security_group_egress_rule",
        "/change/after/description",
    ),
    (
        "aws_vpc_security_group_ingress_rule",
        "/change/after/description",
    ),
];

/// Types whose resources are not taken over: a new revision takes the place of the old one, or
/// doing it again changes nothing. The last is why types in none of these lists are not looked for either when they
/// were only begun (policies of roles and file systems, a VPC's default group), and why nobody asks for an alarm or
/// a dashboard: AWS puts the new one in the place of the old.
const LEFT: &[&str] = &["aws_ecs_task_definition", "aws_iam_role_policy_attachment"];

/// Is called by its id and that of its VPC.
const NAMESPACE: &str = "aws_service_discovery_private_dns_namespace";

/// The ids of everything that was made, for types that are called by those of others, and what [`by_name`] told
/// of the plan.
pub(super) struct Ids<'a> {
    made: &'a BTreeMap<String, Made>,
    planned: &'a BTreeMap<String, String>,
}

impl<'a> Ids<'a> {
    pub(super) fn of(
        made: &'a BTreeMap<String, Made>,
        planned: &'a BTreeMap<String, String>,
    ) -> Self {
        Self { made, planned }
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
            NAMESPACE => {
                let vpc = self.any("aws_vpc", "");
                let vpc = vpc.or_else(|| self.planned.get(address))?;
                Some(format!("{id}:{vpc}"))
            }
            "aws_route_table_association" => {
                let (module, _) = address.split_once("aws_route_table_association")?;
                let subnet = address.replace("aws_route_table_association", "aws_subnet");
                let subnet = self.made.get(&subnet)?.id.as_ref()?;
                Some(format!("{subnet}/{}", self.any("aws_route_table", module)?))
            }
            _ => Some(id.to_owned()),
        }
    }

    fn any(&self, kind: &str, module: &str) -> Option<&String> {
        let mut of_kind = self.made.iter().filter(|(_, made)| made.kind == kind);
        of_kind.find_map(|(address, made)| made.id.as_ref().filter(|_| address.starts_with(module)))
    }
}

/// Address → id of each planned resource that is called by its name; of a namespace, the VPC if that was there
/// before.
pub(super) fn by_name(plan: &Value) -> BTreeMap<String, String> {
    planned(plan, |change, kind| match kind {
        NAMESPACE => change["change"]["after"]["vpc"].as_str(),
        _ => name(change, kind),
    })
}

/// Address → what lets AWS find each planned resource that it lets be found.
pub(super) fn names(plan: &Value) -> BTreeMap<String, String> {
    planned(plan, |change, kind| {
        let sought = SOUGHT.iter().find(|(sought, _)| *sought == kind);
        match sought {
            Some((_, at)) => change.pointer(at)?.as_str(),
            None => name(change, kind),
        }
    })
}

fn name<'a>(change: &'a Value, kind: &str) -> Option<&'a str> {
    let (_, attribute) = NAMED.iter().find(|(named, _)| *named == kind)?;
    change["change"]["after"][attribute].as_str()
}

fn planned(
    plan: &Value,
    name: impl for<'a> Fn(&'a Value, &str) -> Option<&'a str>,
) -> BTreeMap<String, String> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    let named = changes.filter_map(|change| {
        let name = name(change, change["type"].as_str()?)?;
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
        let there = [("e".to_owned(), "vpc-0".to_owned())].into();
        let ids = Ids::of(&made, &there);
        let id = |address: &str, kind: &str, id: &str| ids.import_id(address, kind, id);
        let service = "arn:aws:ecs:r:1:service/rlab-x/registry";
        assert_eq!(
            id("s", "aws_ecs_service", service).unwrap(),
            "rlab-x/registry"
        );
        let association = "module.n.aws_route_table_association.zone[\"a\"]";
        let told = id(association, "aws_route_table_association", "rtbassoc-1");
        assert_eq!(told.unwrap(), "subnet-1/rtb-1");
        assert_eq!(id("d", NAMESPACE, "ns-1").unwrap(), "ns-1:vpc-1");
        assert_eq!(id("v", "aws_vpc", "vpc-1").unwrap(), "vpc-1");
        assert_eq!(id("t", "aws_ecs_task_definition", "family"), None);
        let nothing = BTreeMap::new();
        let ids = Ids::of(&nothing, &there);
        let told = ids.import_id("e", NAMESPACE, "ns-1");
        assert_eq!(told.unwrap(), "ns-1:vpc-0");
    }

    #[test]
    fn a_planned_name_is_an_id_where_import_goes_by_names() {
        let change = |address: &str, kind: &str, after: Value| json!({ "address": address, "type": kind, "change": { "after": after } });
        let plan = json!({ "resource_changes": [
            change("a", "aws_iam_role", json!({ "name": "rlab-x-runner" })),
            change("b", "aws_vpc", json!({ "cidr_block": "10.0.0.0/16" })),
            change("c", "aws_db_instance", json!({ "identifier": null })),
        ] });
        let names = by_name(&plan);
        let all: Vec<_> = names
            .iter()
            .map(|(a, id)| (a.as_str(), id.as_str()))
            .collect();
        assert_eq!(all, [("a", "rlab-x-runner")]);
    }

    #[test]
    fn what_aws_calls_by_an_id_of_its_own_is_sought_by_what_is_planned_for_it_and_has_no_id_by_it()
    {
        let change = |address: &str, kind: &str, after: Value| json!({ "address": address, "type": kind, "change": { "after": after } });
        let mut target = change("t", "aws_efs_mount_target", json!({}));
        target["index"] = "eu-west-1a".into();
        let group = json!({ "tags": { "Name": "rlab-x-kafka" } });
        let plan = json!({ "resource_changes": [
            change("g", "aws_security_group", group),
            change("k", "aws_msk_cluster", json!({ "cluster_name": "rlab-x" })),
            change("s", "aws_secretsmanager_secret", json!({ "name": "rlab-x/runner" })),
            target,
            change("v", "aws_vpc", json!({})),
        ] });
        let sought: Vec<_> = names(&plan).into_iter().collect();
        let told = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let wanted = [
            told("g", "rlab-x-kafka"),
            told("k", "rlab-x"),
            told("s", "rlab-x/runner"),
            told("t", "eu-west-1a"),
        ];
        assert_eq!(sought, wanted);
        assert!(by_name(&plan).is_empty());
    }

    /// Types that nobody looks for when they were only begun: making them again puts the same in place of what
    /// is there.
    const AGAIN: &[&str] = &[
        "aws_default_security_group",
        "aws_efs_file_system_policy",
        "aws_iam_role_policy",
    ];

    #[test]
    fn every_type_of_a_labs_roots_is_looked_for_or_may_be_made_again() {
        let roots = concat!(env!("CARGO_MANIFEST_DIR"), "/../../terraform");
        let mut types = std::collections::BTreeSet::new();
        for module in std::fs::read_dir(format!("{roots}/modules")).unwrap() {
            // The bucket is a part of what outlives labs.
            let module = module.unwrap();
            let files = std::fs::read_dir(module.path()).into_iter().flatten();
            for file in files.filter(|_| module.file_name() != "bucket") {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
                let made = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("resource \"aws_"));
                types.extend(made.map(|rest| format!("aws_{}", rest.split('"').next().unwrap())));
            }
        }
        assert!(types.len() > 40, "{types:?}");
        types.retain(|kind| {
            let known = NAMED.iter().chain(SOUGHT).map(|(known, _)| known);
            !known.chain(LEFT).chain(AGAIN).any(|known| known == kind)
        });
        assert!(types.is_empty(), "{types:?}");
    }
}
