//! What AWS lets be called by the name that was planned for it: its ARN follows from the name.

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;

/// How ARNs speak of one of terraform's types.
#[derive(Debug)]
pub(super) struct Kind {
    terraform: &'static str,
    service: &'static str,
    /// What stands before the name.
    before: &'static str,
}

const fn kind_of(terraform: &'static str, service: &'static str, before: &'static str) -> Kind {
    Kind {
        terraform,
        service,
        before,
    }
}

const KINDS: &[Kind] = &[
    kind_of("aws_cloudwatch_log_group", "logs", "log-group:"),
    kind_of("aws_db_instance", "rds", "db:"),
    kind_of("aws_db_parameter_group", "rds", "pg:"),
    kind_of("aws_db_subnet_group", "rds", "subgrp:"),
    kind_of("aws_ecr_repository", "ecr", "repository/"),
    kind_of("aws_ecs_cluster", "ecs", "cluster/"),
    kind_of(SERVICE, "ecs", "service/"),
    kind_of(
        "aws_elasticache_parameter_group",
        "elasticache",
        "parametergroup:",
    ),
    kind_of(
        "aws_elasticache_replication_group",
        "elasticache",
        "replicationgroup:",
    ),
    kind_of(
        "aws_elasticache_serverless_cache",
        "elasticache",
        "serverlesscache:",
    ),
    kind_of(
        "aws_elasticache_subnet_group",
        "elasticache",
        "subnetgroup:",
    ),
    kind_of("aws_elasticache_user", "elasticache", "user:"),
    kind_of("aws_elasticache_user_group", "elasticache", "usergroup:"),
    kind_of("aws_iam_role", "iam", "role/"),
    kind_of("aws_rds_cluster", "rds", "cluster:"),
    kind_of("aws_rds_cluster_instance", "rds", "db:"),
    kind_of("aws_rds_cluster_parameter_group", "rds", "cluster-pg:"),
];

/// Its ARN has the cluster's name before its own, and is its id.
const SERVICE: &str = "aws_ecs_service";

pub(super) fn kind(terraform: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.terraform == terraform)
}

impl Account {
    pub(super) async fn named(
        &self,
        lab: &str,
        kind: &Kind,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let before = kind.before;
        if kind.terraform == SERVICE {
            let arn = self.arn(kind.service, &format!("{before}rlab-{lab}/{name}"));
            return self.standing(lab, &arn, &arn).await;
        }
        let arn = self.arn(kind.service, &format!("{before}{name}"));
        self.standing(lab, &arn, name).await
    }
}
