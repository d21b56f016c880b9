mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  lab = {
    name               = "test"
    prefix             = "rlab-test"
    partition          = "aws"
    region             = "eu-central-1"
    account_id         = "123456789012"
    boundary_arn       = "arn:aws:iam::123456789012:policy/rlab-boundary"
    key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    log_retention_days = 7
  }
  image             = { url = "registry.test/x", repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/x", digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  size              = { cpu = 1024, memory_mib = 2048 }
  cpu_architecture  = "X86_64"
  secret_arns       = { runner = "arn:secret:runner", query-service = "arn:secret:query" }
  kafka_cluster_arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/rlab-test/uuid-1"
  mysql_resource_id = "db-X"
  owner_secret_arn  = "arn:secret:owner"
  redis_arn         = "arn:redis"
  log_group_arns    = ["arn:log"]
  alarm_arns        = ["arn:alarm"]
  evidence          = null
  fault_statements  = []
}

run "only_what_has_no_resources_is_allowed_everywhere" {
  command = plan
  module {
    source = "./runner"
  }

  assert {
    condition     = [for statement in concat(module.access.statements["runner"], local.owner, local.watching) : statement.Sid if contains(statement.Resource, "*")] == ["ReadMetricsAndEvents"]
    error_message = "a right is wider than its resource"
  }
}

run "agents_in_their_own_tasks_are_not_its_to_change" {
  command = plan
  module {
    source = "./runner"
  }

  assert {
    condition     = !anytrue(flatten([for statement in concat(module.access.statements["runner"], local.owner, local.watching) : [for action in statement.Action : startswith(action, "ecs:") || action == "secretsmanager:PutSecretValue"]]))
    error_message = "its agents are processes of its own, and it may change others"
  }
}

run "evidence_goes_under_the_labs_name_only" {
  command = plan
  module {
    source = "./runner"
  }
  variables {
    evidence = { bucket_arn = "arn:aws:s3:::store", key_arn = "arn:key" }
  }

  assert {
    condition     = [for statement in module.access.statements["runner"] : statement.Resource if contains(statement.Action, "s3:PutObject")] == [["arn:aws:s3:::store/labs/test/*"]]
    error_message = "it may touch the evidence of others"
  }
}

run "without_a_store_it_may_store_nothing" {
  command = plan
  module {
    source = "./runner"
  }

  assert {
    condition     = !anytrue([for statement in module.access.statements["runner"] : anytrue([for action in statement.Action : startswith(action, "s3:")])])
    error_message = "it may write somewhere"
  }
}

run "on_the_servers_it_may_do_what_the_model_says_and_no_more" {
  command = plan
  module {
    source = "./runner"
  }

  assert {
    condition     = toset(flatten([for statement in module.access.statements["runner"] : statement.Action])) == toset(["rds-db:connect", "elasticache:Connect", "kafka-cluster:Connect", "kafka-cluster:WriteData", "kafka-cluster:WriteDataIdempotently", "kafka-cluster:CreateTopic", "kafka-cluster:DeleteTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:AlterGroup", "kafka-cluster:DeleteGroup", "kafka-cluster:DescribeGroup"])
    error_message = "not the set of the model's runner"
  }

  assert {
    condition     = !anytrue(flatten([for statement in concat(local.owner, local.watching) : [for action in statement.Action : startswith(action, "kafka-cluster:") || startswith(action, "rds-db:") || startswith(action, "elasticache:Connect")]]))
    error_message = "it is let into a server past the model"
  }
}
