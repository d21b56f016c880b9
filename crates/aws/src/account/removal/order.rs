//! What goes before what: nothing is asked to go while something still stands on it.

use crate::account::tagged::Tagged;

/// Service and kind, as ARNs name them. What is not here is never removed by tag: buckets hold data, policies
/// bound others, and snapshots were made to stay.
const STAGES: &[&[(&str, &str)]] = &[
    // What acts on others or starts them again.
    &[
        ("fis", "experiment-template"),
        ("cloudwatch", "alarm"),
        ("cloudwatch", "dashboard"),
        ("budgets", "budget"),
        ("ecs", "service"),
    ],
    // What runs.
    &[
        ("ecs", "task"),
        ("ec2", "instance"),
        ("rds", "db"),
        ("kafka", "cluster"),
        ("elasticache", "replicationgroup"),
        ("elasticache", "serverlesscache"),
        ("elasticloadbalancing", "loadbalancer"),
        ("elasticfilesystem", "access-point"),
        ("servicediscovery", "service"),
        ("ec2", "natgateway"),
        ("ec2", "vpc-endpoint"),
    ],
    // What those were in.
    &[
        ("ecs", "cluster"),
        ("ecs", "task-definition"),
        ("rds", "cluster"),
        ("kafka", "configuration"),
        ("elasticache", "cluster"),
        ("elasticache", "usergroup"),
        ("elasticloadbalancing", "targetgroup"),
        ("elasticfilesystem", "file-system"),
        ("servicediscovery", "namespace"),
        ("ec2", "volume"),
        ("ec2", "elastic-ip"),
        ("ec2", "network-interface"),
        ("ec2", "security-group-rule"),
    ],
    // What those were told, and by whom.
    &[
        ("rds", "subgrp"),
        ("rds", "pg"),
        ("rds", "cluster-pg"),
        ("elasticache", "subnetgroup"),
        ("elasticache", "parametergroup"),
        ("elasticache", "user"),
        ("ecr", "repository"),
        ("secretsmanager", "secret"),
        ("logs", "log-group"),
        ("iam", "role"),
        ("ec2", "security-group"),
    ],
    &[
        ("ec2", "subnet"),
        ("ec2", "route-table"),
        ("ec2", "internet-gateway"),
    ],
    &[("ec2", "vpc")],
    // What all the rest was encrypted with.
    &[("kms", "key")],
];

/// How names of what outlives labs begin. Whatever tag one carries, it is not removed.
const KEPT: [&str; 3] = ["rlab-state-", "rlab-evidence-", "rlab-boundary"];

/// How many stages there are.
pub(super) const COUNT: usize = STAGES.len();

/// When `found` is removed; `None` for what is not removed by tag.
pub(in crate::account) fn stage(found: &Tagged) -> Option<usize> {
    let resource = found.arn.splitn(6, ':').nth(5)?;
    let name = resource.rsplit(['/', ':']).next()?;
    if KEPT.iter().any(|kept| name.starts_with(kept)) {
        return None;
    }
    let is = |(service, kind): &(&str, &str)| *service == found.service && *kind == found.kind;
    STAGES.iter().position(|stage| stage.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rest: &str) -> Option<usize> {
        stage(&Tagged::of(&format!("arn:aws:{rest}")).unwrap())
    }

    #[test]
    fn what_stands_on_something_goes_before_it() {
        let chains: [&[&str]; 4] = [
            &[
                "ecs:r:1:service/c/s",
                "ecs:r:1:task/c/1",
                "ecs:r:1:cluster/c",
            ],
            &[
                "rds:r:1:db:d",
                "rds:r:1:cluster:d",
                "rds:r:1:subgrp:d",
                "ec2:r:1:subnet/s",
                "ec2:r:1:vpc/v",
                "kms:r:1:key/k",
            ],
            &[
                "ec2:r:1:vpc-endpoint/e",
                "ec2:r:1:network-interface/n",
                "ec2:r:1:security-group/g",
                "ec2:r:1:subnet/s",
            ],
            &[
                "kafka:r:1:cluster/k/1",
                "kafka:r:1:configuration/k/1",
                "ec2:r:1:security-group/g",
            ],
        ];
        for chain in chains {
            let stages: Vec<_> = chain.iter().map(|rest| at(rest).unwrap()).collect();
            assert!(stages.is_sorted_by(|a, b| a < b), "{chain:?}: {stages:?}");
        }
    }

    #[test]
    fn what_outlives_labs_and_what_holds_data_is_never_removed_by_tag() {
        for rest in [
            "s3:::rlab-state-1-r",
            "s3:::somebodys-data",
            "iam::1:policy/rlab-boundary",
            "iam::1:role/rlab-boundary",
            "logs:r:1:log-group:/x/rlab-evidence-1-r",
            "rds:r:1:snapshot:d-final",
            "quantum:r:1:thing/x",
        ] {
            assert_eq!(at(rest), None, "{rest}");
        }
    }
}
