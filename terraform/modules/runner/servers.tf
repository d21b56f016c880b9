# What the runner does on the servers themselves: topics, users and schemas for each arm, snapshots after it.

locals {
  topics = "${replace(var.kafka_cluster_arn, ":cluster/", ":topic/")}/*"
  groups = "${replace(var.kafka_cluster_arn, ":cluster/", ":group/")}/*"

  servers = [
    {
      Sid    = "KafkaCluster"
      Effect = "Allow"
      Action = [
        "kafka-cluster:Connect",
        "kafka-cluster:DescribeCluster",
        "kafka-cluster:DescribeClusterDynamicConfiguration",
        "kafka-cluster:WriteDataIdempotently",
      ]
      Resource = [var.kafka_cluster_arn]
    },
    {
      Sid    = "KafkaTopics"
      Effect = "Allow"
      Action = [
        "kafka-cluster:CreateTopic",
        "kafka-cluster:DeleteTopic",
        "kafka-cluster:AlterTopic",
        "kafka-cluster:DescribeTopic",
        "kafka-cluster:AlterTopicDynamicConfiguration",
        "kafka-cluster:DescribeTopicDynamicConfiguration",
        "kafka-cluster:ReadData",
        "kafka-cluster:WriteData",
      ]
      Resource = [local.topics]
    },
    {
      Sid      = "KafkaGroups"
      Effect   = "Allow"
      Action   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup", "kafka-cluster:DeleteGroup"]
      Resource = [local.groups]
    },
    {
      Sid      = "MysqlConnect"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = ["${var.mysql_user_arn_prefix}/rlab_runner"]
    },
    {
      Sid      = "RedisConnect"
      Effect   = "Allow"
      Action   = ["elasticache:Connect"]
      Resource = [var.redis_arn, var.redis_user_arn]
    },
    {
      Sid      = "OwnerMakesTheOtherUsers"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.owner_secret_arn]
    },
    {
      Sid       = "UseTheLabsKeyForSecrets"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [var.lab.key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.lab.region}.amazonaws.com" } }
    },
  ]
}
