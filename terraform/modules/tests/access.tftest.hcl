mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  lab               = { name = "test", prefix = "rlab-test", partition = "aws", region = "eu-central-1", account_id = "123456789012" }
  agents            = ["command-service", "outbox-relay", "consumer-service", "query-service"]
  kafka_cluster_arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/rlab-test/uuid-1"
  mysql_resource_id = "db-X"
  redis_arn         = "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-test"
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
    condition     = contains(flatten([for statement in output.statements["consumer-service"] : statement.Resource]), "arn:aws:kafka:eu-central-1:123456789012:topic/rlab-test/uuid-1/valuation.events.*")
    error_message = "topics are named elsewhere"
  }

  assert {
    condition     = contains(flatten([for statement in output.statements["consumer-service"] : statement.Resource]), "arn:aws:kafka:eu-central-1:123456789012:group/rlab-test/uuid-1/consumer-service.*")
    error_message = "groups are named elsewhere"
  }
}

run "query_service_knows_no_kafka_and_nobody_is_somebody_else" {
  command = plan
  module {
    source = "./access"
  }

  assert {
    condition     = toset(flatten([for statement in output.statements["query-service"] : statement.Resource])) == toset(["arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-X/query_service", "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-test", "arn:aws:elasticache:eu-central-1:123456789012:user:rlab-test-query-service"])
    error_message = "query-service reaches what it has no need of"
  }
}
