//! What only a lab knows and terraform fills in, with a sample of each to reason with.

/// A name in `${…}` that stands for something of one lab.
#[derive(Debug, Clone, Copy)]
pub struct Placeholder {
    /// Name between the braces.
    pub name: &'static str,
    /// What it stands for.
    pub what: &'static str,
    /// What proofs put in its place.
    pub sample: &'static str,
}

const fn placeholder(name: &'static str, what: &'static str, sample: &'static str) -> Placeholder {
    Placeholder { name, what, sample }
}

/// Every placeholder that the model and the generated policies may have.
pub const PLACEHOLDERS: &[Placeholder] = &[
    placeholder("partition", "partition: aws, aws-cn or aws-us-gov", "aws"),
    placeholder("region", "region of the lab", "eu-central-1"),
    placeholder("account_id", "account of the lab", "123456789012"),
    placeholder("lab", "name of the lab", "main"),
    placeholder(
        "prefix",
        "what all names of the lab begin with",
        "rlab-main",
    ),
    placeholder(
        "task",
        "name of the task that is started",
        "command-service",
    ),
    placeholder(
        "kafka_cluster",
        "name and id of the MSK cluster, as its ARN ends",
        "rlab-main/0a1b2c3d-1",
    ),
    placeholder(
        "mysql_resource_id",
        "resource id of the database",
        "db-SAMPLE",
    ),
    placeholder(
        "mysql_instance",
        "name of the database instance",
        "rlab-main",
    ),
    placeholder(
        "redis_arn",
        "ARN of the replication group or serverless cache",
        "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-main",
    ),
    placeholder(
        "lab_key_arn",
        "ARN of the lab's key",
        "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-00000000000a",
    ),
    placeholder(
        "evidence_key_arn",
        "ARN of the key of the evidence",
        "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-00000000000e",
    ),
    placeholder(
        "evidence_bucket",
        "bucket of the evidence",
        "rlab-evidence-sample",
    ),
    placeholder(
        "file_system_arn",
        "ARN of the registry's file system",
        "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0123456789abcdef0",
    ),
    placeholder(
        "access_point_arn",
        "ARN of the registry's access point",
        "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0",
    ),
];

/// `text` with what `value` knows in place of each placeholder; others stay as they are.
pub fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, end)| Some((value(name)?, end)));
        match known {
            Some((value, end)) => {
                filled.push_str(value);
                rest = end;
            }
            None => {
                filled.push_str("${");
                rest = after;
            }
        }
    }
    filled + rest
}

/// `text` with a sample in place of each placeholder.
pub(crate) fn sampled(text: &str) -> String {
    fill(text, |name| {
        let found = PLACEHOLDERS.iter().find(|known| known.name == name);
        found.map(|known| known.sample)
    })
}

/// The names in `${…}` of `text`.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("${").skip(1);
    after.filter_map(|rest| Some(rest.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_leave_nothing_to_fill_in_and_what_nobody_knows_stays() {
        let all: String = PLACEHOLDERS
            .iter()
            .map(|known| format!("${{{}}}", known.name))
            .collect();
        assert_eq!(names(&sampled(&all)).count(), 0);
        assert_eq!(sampled("${aws:username}"), "${aws:username}");
        let region = |name: &str| (name == "region").then_some("eu-west-1");
        assert_eq!(fill("${region}/${lab}", region), "eu-west-1/${lab}");
    }
}
