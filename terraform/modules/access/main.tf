# What each agent may do on the lab's servers, as IAM statements: the sets MSK documents, no more.
# Makes nothing; the same right in MySQL and Redis is given by their own grants and rules.

locals {
  # arn:…:cluster/<name>/<id> becomes the pattern of its topics and groups.
  topic = "${replace(var.kafka_cluster_arn, ":cluster/", ":topic/")}/valuation.events.*"
  group = "${replace(var.kafka_cluster_arn, ":cluster/", ":group/")}/consumer-service.*"

  produce = [
    {
      Sid      = "KafkaConnectIdempotent"
      Effect   = "Allow"
      Action   = ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"]
      Resource = [var.kafka_cluster_arn]
    },
    {
      Sid      = "KafkaProduce"
      Effect   = "Allow"
      Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
      Resource = [local.topic]
    },
  ]

  consume = [
    {
      Sid      = "KafkaConnect"
      Effect   = "Allow"
      Action   = ["kafka-cluster:Connect"]
      Resource = [var.kafka_cluster_arn]
    },
    {
      Sid      = "KafkaRead"
      Effect   = "Allow"
      Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
      Resource = [local.topic]
    },
    {
      Sid      = "KafkaCommit"
      Effect   = "Allow"
      Action   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
      Resource = [local.group]
    },
  ]

  # MySQL's user names have underscores where ours have hyphens.
  database = {
    for agent in var.agents : agent => [{
      Sid      = "MysqlConnect"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = ["${var.mysql_user_arn_prefix}/${replace(agent, "-", "_")}"]
    }]
  }

  cache = {
    for agent, user_arn in var.redis_user_arns : agent => [{
      Sid      = "RedisConnect"
      Effect   = "Allow"
      Action   = ["elasticache:Connect"]
      Resource = [var.redis_arn, user_arn]
    }]
  }

  # command-service produces only in the arms that publish past the outbox.
  broker = {
    command-service  = local.produce
    outbox-relay     = local.produce
    consumer-service = local.consume
  }
}
