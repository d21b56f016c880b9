//! Kinds of resources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cell::System;

/// What a resource is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The Kafka cluster itself.
    KafkaCluster,
    /// Topics.
    KafkaTopic,
    /// Consumer groups.
    KafkaGroup,
    /// Transactional ids of producers.
    KafkaTransactionalId,
    /// Whole MySQL schemas, with every table in them.
    MysqlSchema,
    /// A table in each schema of the pipeline.
    MysqlTable,
    /// A user of the database, as whom one can log in by IAM.
    MysqlUser,
    /// Keys in Redis.
    RedisKeys,
    /// What Redis is asked without a key.
    RedisServer,
    /// Channels in Redis.
    RedisChannel,
    /// A user of the cache, as whom one can log in by IAM.
    RedisUser,
    /// Where images are logged in to.
    ImageLogin,
    /// Images of tasks.
    Image,
    /// Logs of tasks.
    LogGroup,
    /// Configurations of tasks, and passwords.
    Secret,
    /// A key of KMS.
    Key,
    /// The bucket of the evidence.
    EvidenceBucket,
    /// Objects in the bucket of the evidence.
    EvidenceObject,
    /// Files that outlive a task.
    Files,
    /// What a task is started from.
    TaskDefinition,
    /// A running task.
    Task,
    /// A role that a task is given.
    TaskRole,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::KafkaCluster,
        Self::KafkaTopic,
        Self::KafkaGroup,
        Self::KafkaTransactionalId,
        Self::MysqlSchema,
        Self::MysqlTable,
        Self::MysqlUser,
        Self::RedisKeys,
        Self::RedisServer,
        Self::RedisChannel,
        Self::RedisUser,
        Self::ImageLogin,
        Self::Image,
        Self::LogGroup,
        Self::Secret,
        Self::Key,
        Self::EvidenceBucket,
        Self::EvidenceObject,
        Self::Files,
        Self::TaskDefinition,
        Self::Task,
        Self::TaskRole,
    ];

    /// Its name in the model.
    pub const fn word(self) -> &'static str {
        match self {
            Self::KafkaCluster => "kafka-cluster",
            Self::KafkaTopic => "kafka-topic",
            Self::KafkaGroup => "kafka-group",
            Self::KafkaTransactionalId => "kafka-transactional-id",
            Self::MysqlSchema => "mysql-schema",
            Self::MysqlTable => "mysql-table",
            Self::MysqlUser => "mysql-user",
            Self::RedisKeys => "redis-keys",
            Self::RedisServer => "redis-server",
            Self::RedisChannel => "redis-channel",
            Self::RedisUser => "redis-user",
            Self::ImageLogin => "image-login",
            Self::Image => "image",
            Self::LogGroup => "log-group",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::EvidenceBucket => "evidence-bucket",
            Self::EvidenceObject => "evidence-object",
            Self::Files => "files",
            Self::TaskDefinition => "task-definition",
            Self::Task => "task",
            Self::TaskRole => "task-role",
        }
    }

    /// The server whose own access control speaks of it.
    pub const fn server(self) -> Option<System> {
        match self {
            Self::KafkaCluster
            | Self::KafkaTopic
            | Self::KafkaGroup
            | Self::KafkaTransactionalId => Some(System::Kafka),
            Self::MysqlSchema | Self::MysqlTable => Some(System::Mysql),
            Self::RedisKeys | Self::RedisServer | Self::RedisChannel => Some(System::Redis),
            _ => None,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
