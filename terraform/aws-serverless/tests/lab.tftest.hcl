mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  lab                      = "test"
  owner                    = "somebody"
  expiry                   = "2099-01-01T00:00:00Z"
  region                   = "eu-central-1"
  account_id               = "123456789012"
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/rlab-boundary"
  budget_emails            = ["somebody@example.org"]
  image_digests = {
    command-service  = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    outbox-relay     = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    consumer-service = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    query-service    = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    registry         = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    runner           = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }
}

run "the_outputs_have_the_names_of_the_provisioned_lab" {
  command = plan

  assert {
    condition     = output.kafka.kind == "serverless" && one(output.kafka.bootstrap_brokers) == "boot.test:9098"
    error_message = "brokers are described wrongly"
  }

  assert {
    condition     = output.mysql.kind == "aurora-cluster" && length(output.mysql.instance_ids) == 2 && length(distinct(output.mysql.zones)) == 2
    error_message = "writer and reader are not both described"
  }

  assert {
    condition     = output.redis.cluster_mode && output.redis.port == 6379 && output.redis.reader_address == "cache.test"
    error_message = "the cache is described wrongly"
  }

  assert {
    condition     = toset(keys(output.log_groups)) == toset(concat(keys(output.tasks), ["mysql-error", "mysql-slowquery"]))
    error_message = "a log group is missing, or promised where there is none"
  }
}

run "only_the_database_can_be_broken_and_alarms_stop_it" {
  command = plan

  assert {
    condition     = keys(output.experiments) == ["mysql-failover"] && length(local.experiments["mysql-failover"].stop_alarm_arns) == 2
    error_message = "an experiment that cannot be, or one that nothing stops"
  }

  assert {
    condition     = !anytrue([for statement in local.direct_faults : contains(statement.Action, "kafka:RebootBroker") || contains(statement.Action, "elasticache:TestFailover")])
    error_message = "a right to do what serverless servers do not do"
  }

  assert {
    condition     = alltrue([for statement in concat(local.direct_faults, local.experiment_faults) : !contains(statement.Resource, "*")])
    error_message = "the runner may break what is not the lab's"
  }
}

run "a_lab_whose_time_is_over_is_not_brought_up" {
  command = plan
  variables {
    expiry = "2020-01-01T00:00:00Z"
  }
  expect_failures = [terraform_data.lifetime]
}
