//! How AWS names what the model names.

use crate::model::Kind;

/// The ARNs of what is called `name`, all of which have to be allowed. Placeholders stay as they are; an
/// ending that AWS draws at random is `??????`.
pub(crate) fn arns(kind: Kind, name: &str) -> Vec<String> {
    let at = |service: &str| format!("arn:${{partition}}:{service}:${{region}}:${{account_id}}");
    let one = match kind {
        Kind::KafkaCluster => format!("{}:cluster/{name}", at("kafka")),
        Kind::KafkaTopic => format!("{}:topic/${{kafka_cluster}}/{name}", at("kafka")),
        Kind::KafkaGroup => format!("{}:group/${{kafka_cluster}}/{name}", at("kafka")),
        Kind::KafkaTransactionalId => {
            format!("{}:transactional-id/${{kafka_cluster}}/{name}", at("kafka"))
        }
        Kind::MysqlUser => format!("{}:dbuser:${{mysql_resource_id}}/{name}", at("rds-db")),
        Kind::RedisUser => {
            let user = format!("{}:user:${{prefix}}-{name}", at("elasticache"));
            return vec!["${redis_arn}".to_owned(), user];
        }
        Kind::ImageLogin => "*".to_owned(),
        Kind::Image => format!("{}:repository/{name}", at("ecr")),
        Kind::LogGroup => format!("{}:log-group:{name}:*", at("logs")),
        Kind::Secret => format!("{}:secret:{name}-??????", at("secretsmanager")),
        Kind::EvidenceBucket => format!("arn:${{partition}}:s3:::{name}"),
        Kind::EvidenceObject => format!("arn:${{partition}}:s3:::${{evidence_bucket}}/{name}"),
        Kind::TaskDefinition => format!("{}:task-definition/{name}", at("ecs")),
        Kind::Task => format!("{}:task/{name}", at("ecs")),
        Kind::TaskRole => format!("arn:${{partition}}:iam::${{account_id}}:role/{name}"),
        // Called by their ARNs, or nothing that IAM speaks of.
        Kind::Key
        | Kind::Files
        | Kind::MysqlSchema
        | Kind::MysqlTable
        | Kind::RedisKeys
        | Kind::RedisServer
        | Kind::RedisChannel => name.to_owned(),
    };
    vec![one]
}
