//! What can be done to each kind of resource, in the words of every system.

use super::Kind;
use super::Kind::{
    EvidenceBucket, EvidenceObject, Files, Image, ImageLogin, KafkaCluster, KafkaGroup, KafkaTopic,
    KafkaTransactionalId, Key, LogGroup, MysqlSchema, MysqlTable, MysqlUser, RedisChannel,
    RedisKeys, RedisServer, RedisUser, Secret, Task, TaskDefinition, TaskRole,
};

/// Something that can be done to a kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// To what.
    pub kind: Kind,
    /// Name in the model.
    pub name: &'static str,
    /// The action of IAM, where IAM decides it.
    pub iam: Option<&'static str>,
    /// The word of the server's own access control, where that decides it.
    pub native: Option<&'static str>,
}

impl Kind {
    /// What can be done to it.
    pub fn operations(self) -> impl Iterator<Item = &'static Operation> {
        OPERATIONS.iter().filter(move |known| known.kind == self)
    }

    /// The operation of this name.
    pub fn operation(self, name: &str) -> Option<&'static Operation> {
        self.operations().find(|known| known.name == name)
    }
}

const fn iam(kind: Kind, name: &'static str, action: &'static str) -> Operation {
    Operation {
        kind,
        name,
        iam: Some(action),
        native: None,
    }
}

const fn own(kind: Kind, name: &'static str, word: &'static str) -> Operation {
    Operation {
        kind,
        name,
        iam: None,
        native: Some(word),
    }
}

const fn both(
    kind: Kind,
    name: &'static str,
    action: &'static str,
    word: &'static str,
) -> Operation {
    Operation {
        kind,
        name,
        iam: Some(action),
        native: Some(word),
    }
}

/// What nobody needs stands here too: each is a cell in which everybody has to be denied.
static OPERATIONS: &[Operation] = &[
    iam(KafkaCluster, "connect", "kafka-cluster:Connect"),
    both(
        KafkaCluster,
        "describe",
        "kafka-cluster:DescribeCluster",
        "describe",
    ),
    both(KafkaCluster, "alter", "kafka-cluster:AlterCluster", "alter"),
    both(
        KafkaCluster,
        "describe_configs",
        "kafka-cluster:DescribeClusterDynamicConfiguration",
        "describe_configs",
    ),
    both(
        KafkaCluster,
        "alter_configs",
        "kafka-cluster:AlterClusterDynamicConfiguration",
        "alter_configs",
    ),
    both(
        KafkaCluster,
        "write_idempotently",
        "kafka-cluster:WriteDataIdempotently",
        "idempotent_write",
    ),
    both(
        KafkaTopic,
        "describe",
        "kafka-cluster:DescribeTopic",
        "describe",
    ),
    both(KafkaTopic, "read", "kafka-cluster:ReadData", "read"),
    both(KafkaTopic, "write", "kafka-cluster:WriteData", "write"),
    both(KafkaTopic, "create", "kafka-cluster:CreateTopic", "create"),
    both(KafkaTopic, "delete", "kafka-cluster:DeleteTopic", "delete"),
    both(KafkaTopic, "alter", "kafka-cluster:AlterTopic", "alter"),
    both(
        KafkaTopic,
        "describe_configs",
        "kafka-cluster:DescribeTopicDynamicConfiguration",
        "describe_configs",
    ),
    both(
        KafkaTopic,
        "alter_configs",
        "kafka-cluster:AlterTopicDynamicConfiguration",
        "alter_configs",
    ),
    both(
        KafkaGroup,
        "describe",
        "kafka-cluster:DescribeGroup",
        "describe",
    ),
    both(KafkaGroup, "join", "kafka-cluster:AlterGroup", "read"),
    both(KafkaGroup, "delete", "kafka-cluster:DeleteGroup", "delete"),
    both(
        KafkaTransactionalId,
        "describe",
        "kafka-cluster:DescribeTransactionalId",
        "describe",
    ),
    both(
        KafkaTransactionalId,
        "write",
        "kafka-cluster:AlterTransactionalId",
        "write",
    ),
    own(MysqlSchema, "select", "SELECT"),
    own(MysqlSchema, "insert", "INSERT"),
    own(MysqlSchema, "update", "UPDATE"),
    own(MysqlSchema, "delete", "DELETE"),
    own(MysqlSchema, "create", "CREATE"),
    own(MysqlSchema, "drop", "DROP"),
    own(MysqlSchema, "alter", "ALTER"),
    own(MysqlSchema, "grant", "GRANT OPTION"),
    own(MysqlTable, "select", "SELECT"),
    own(MysqlTable, "insert", "INSERT"),
    own(MysqlTable, "update", "UPDATE"),
    own(MysqlTable, "delete", "DELETE"),
    own(MysqlTable, "create", "CREATE"),
    own(MysqlTable, "drop", "DROP"),
    own(MysqlTable, "alter", "ALTER"),
    own(MysqlTable, "grant", "GRANT OPTION"),
    iam(MysqlUser, "connect", "rds-db:connect"),
    own(RedisKeys, "get", "get"),
    own(RedisKeys, "set", "set"),
    own(RedisKeys, "del", "del"),
    own(RedisKeys, "unlink", "unlink"),
    own(RedisKeys, "hget", "hget"),
    own(RedisKeys, "hmget", "hmget"),
    own(RedisKeys, "hset", "hset"),
    own(RedisKeys, "pexpire", "pexpire"),
    own(RedisKeys, "eval", "eval"),
    own(RedisKeys, "rename", "rename"),
    own(RedisServer, "ping", "ping"),
    own(RedisServer, "scan", "scan"),
    own(RedisServer, "info", "info"),
    own(RedisServer, "role", "role"),
    own(RedisServer, "replicaof", "replicaof"),
    own(RedisServer, "config", "config"),
    own(RedisServer, "keys", "keys"),
    own(RedisServer, "flushall", "flushall"),
    own(RedisServer, "acl", "acl"),
    own(RedisChannel, "publish", "publish"),
    own(RedisChannel, "subscribe", "subscribe"),
    iam(RedisUser, "connect", "elasticache:Connect"),
    iam(ImageLogin, "login", "ecr:GetAuthorizationToken"),
    iam(Image, "check_layers", "ecr:BatchCheckLayerAvailability"),
    iam(Image, "layer_url", "ecr:GetDownloadUrlForLayer"),
    iam(Image, "manifest", "ecr:BatchGetImage"),
    iam(LogGroup, "create_stream", "logs:CreateLogStream"),
    iam(LogGroup, "write", "logs:PutLogEvents"),
    iam(LogGroup, "read", "logs:GetLogEvents"),
    iam(Secret, "read", "secretsmanager:GetSecretValue"),
    iam(Secret, "write", "secretsmanager:PutSecretValue"),
    iam(Key, "decrypt", "kms:Decrypt"),
    iam(Key, "generate_data_key", "kms:GenerateDataKey"),
    iam(EvidenceBucket, "list", "s3:ListBucket"),
    iam(EvidenceObject, "read", "s3:GetObject"),
    iam(EvidenceObject, "write", "s3:PutObject"),
    iam(EvidenceObject, "delete", "s3:DeleteObject"),
    iam(Files, "mount", "elasticfilesystem:ClientMount"),
    iam(Files, "write", "elasticfilesystem:ClientWrite"),
    iam(Files, "as_root", "elasticfilesystem:ClientRootAccess"),
    iam(TaskDefinition, "run", "ecs:RunTask"),
    iam(Task, "describe", "ecs:DescribeTasks"),
    iam(Task, "stop", "ecs:StopTask"),
    iam(TaskRole, "pass", "iam:PassRole"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_something_that_can_be_done_to_it() {
        for kind in Kind::ALL {
            let read: Kind = serde_json::from_str(&format!("\"{kind}\"")).unwrap();
            assert_eq!(read, kind);
            assert!(kind.operations().count() > 0, "{kind}");
            for operation in kind.operations() {
                let own = operation.native.is_some();
                assert!(own || operation.iam.is_some(), "{operation:?}");
                assert!(!own || kind.server().is_some(), "{operation:?}");
            }
        }
    }
}
