//! What a root made, as its outputs tell.

use std::collections::BTreeMap;

use rlab_aws::terraform::{Stop, Workdir};
use rlab_lab::{LabDir, files};
use serde::{Deserialize, Serialize};

use crate::error::CloudError;
use crate::record::{Paths, Record};

/// A lab that stands in AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// Servers that tasks are started on.
    pub cluster: Cluster,
    /// Task → what it is made of.
    pub tasks: BTreeMap<String, Task>,
    /// Where tasks run.
    pub network: Network,
    /// How Kafka is reached.
    pub kafka: Kafka,
    /// How MySQL is reached.
    pub mysql: Mysql,
    /// How Redis is reached.
    pub redis: Redis,
    /// Where evidence is stored, where there is a bucket for it.
    pub evidence: Option<Evidence>,
    /// Alarm that can stop a drill → ARN.
    #[serde(default)]
    pub alarm_arns: BTreeMap<String, String>,
}

/// An ECS cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Name.
    pub name: String,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Revision of its definition.
    pub definition_arn: String,
    /// Where it logs.
    pub log_group: String,
    /// Where its image is pushed to.
    pub repository_url: String,
    /// Digest of its image.
    pub image_digest: String,
    /// Where its configuration is written to.
    pub secret_arn: Option<String>,
    /// Service that keeps it running.
    pub service_arn: Option<String>,
    /// Name inside the VPC.
    pub host: Option<String>,
    /// Port that it listens on.
    pub port: Option<u16>,
}

/// The VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Zone → subnet.
    pub subnet_by_zone: BTreeMap<String, String>,
    /// Purpose → security group.
    pub security_group_ids: BTreeMap<String, String>,
}

/// Kafka.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kafka {
    /// `provisioned` or `serverless`.
    pub kind: String,
    /// ARN of the cluster.
    pub cluster_arn: String,
    /// Brokers to ask first, `host:port`.
    pub bootstrap_brokers: Vec<String>,
}

/// MySQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mysql {
    /// `multi-az-instance` or the like.
    pub kind: String,
    /// Name of the instance or cluster.
    pub id: String,
    /// Where writes go.
    pub writer_address: String,
    /// Port.
    pub port: u16,
    /// Secret with the owner's password.
    pub owner_secret_arn: Option<String>,
}

/// Redis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redis {
    /// `replication-group` or the like.
    pub kind: String,
    /// Name of the group.
    pub id: String,
    /// Where writes go.
    pub primary_address: String,
    /// Port.
    pub port: u16,
}

/// The bucket of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// ARN of the bucket.
    pub bucket_arn: String,
}

impl Deployed {
    /// What was noted of the lab of `record` when it came up.
    ///
    /// # Errors
    /// [`CloudError::NotDeployed`] when it never did; when the note cannot be read.
    pub(crate) fn noted(record: &Record, dir: &LabDir) -> Result<Self, CloudError> {
        let path = Paths::of(dir).deployed();
        match path.exists() {
            true => Ok(files::read_json(&path)?),
            false => Err(CloudError::NotDeployed(record.lab.clone())),
        }
    }

    /// Reads the outputs.
    ///
    /// # Errors
    /// When they cannot be read, or are not of this shape.
    pub async fn read(workdir: &Workdir, stop: &Stop) -> Result<Self, CloudError> {
        let at = CloudError::at("reading what was made");
        workdir.outputs(stop).await.map_err(at)
    }

    /// Names of the services, as ECS knows them.
    pub fn services(&self) -> Vec<String> {
        let has = |(name, task): (&String, &Task)| task.service_arn.is_some().then(|| name.clone());
        self.tasks.iter().filter_map(has).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use rlab_lab::profile::AGENTS;
    use serde_json::json;

    use super::{CloudError, Deployed};

    /// A lab whose servers are called by a letter.
    pub(crate) fn example() -> Deployed {
        let names = AGENTS.into_iter().chain(["registry"]);
        let task = |(name, port): (&str, u16)| {
            let task = json!({
                "definition_arn": "arn", "log_group": "logs", "secret_arn": "arn", "port": port,
                "host": format!("{name}.internal"),
                "repository_url": format!("1.dkr.ecr.eu-central-1.amazonaws.com/{name}"),
                "image_digest": "sha256:00ff",
            });
            (name.to_owned(), task)
        };
        let tasks = names.zip(8_080..).map(task);
        serde_json::from_value(json!({
            "cluster": { "name": "c" },
            "tasks": tasks.collect::<serde_json::Map<_, _>>(),
            "network": { "subnet_by_zone": {}, "security_group_ids": {} },
            "kafka": {
                "kind": "provisioned", "cluster_arn": "arn",
                "bootstrap_brokers": ["b-1:9098", "b-2:9098", "b-3:9098"],
            },
            "mysql": { "kind": "multi-az-instance", "id": "m", "writer_address": "m", "port": 3306 },
            "redis": { "kind": "replication-group", "id": "r", "primary_address": "r", "port": 6379 },
        }))
        .unwrap()
    }

    #[test]
    fn a_lab_that_never_came_up_is_told_as_such() {
        let home = tempfile::tempdir().unwrap();
        let dir = rlab_lab::LabHome::at(home.path()).lab("one").unwrap();
        let record = crate::record::tests::record("one");
        let refused = Deployed::noted(&record, &dir).unwrap_err();
        assert!(matches!(refused, CloudError::NotDeployed(_)), "{refused}");
    }
}
