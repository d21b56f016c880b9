mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  agents                = ["command-service", "outbox-relay", "consumer-service", "query-service"]
  kafka_cluster_arn     = "arn:aws:kafka:eu-central-1:123456789012:cluster/rlab-test/uuid-1"
  mysql_user_arn_prefix = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-X"
  redis_arn             = "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-test"
  redis_user_arns       = { consumer-service = "arn:user:c", query-service = "arn:user:q", runner = "arn:user:r" }
}

run "nobody_may_do_anything_to_everything" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = alltrue(flatten([for statements in output.statements : [for statement in statements : !contains(statement.Resource, "*") && !anytrue([for action in statement.Action : endswith(action, "*")])]]))
    error_message = "a right is wider than its resource"
  }
}

run "producing_needs_its_companions" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = toset(flatten([for statement in output.statements["outbox-relay"] : statement.Action])) == toset(["rds-db:connect", "kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently", "kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"])
    error_message = "not the set that an idempotent producer needs"
  }
}

run "consuming_needs_its_companions" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = toset(flatten([for statement in output.statements["consumer-service"] : statement.Action])) == toset(["rds-db:connect", "elasticache:Connect", "kafka-cluster:Connect", "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"])
    error_message = "not the set that a consumer needs"
  }
}

run "topics_and_groups_are_named_under_their_cluster" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = local.topic == "arn:aws:kafka:eu-central-1:123456789012:topic/rlab-test/uuid-1/valuation.events.*"
    error_message = "topics are named elsewhere"
  }

  assert {
    condition     = local.group == "arn:aws:kafka:eu-central-1:123456789012:group/rlab-test/uuid-1/consumer-service.*"
    error_message = "groups are named elsewhere"
  }
}

run "query_service_knows_no_kafka_and_nobody_is_somebody_else" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = toset(flatten([for statement in output.statements["query-service"] : statement.Resource])) == toset(["arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-X/query_service", "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-test", "arn:user:q"])
    error_message = "query-service reaches what it has no need of"
  }
}
