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

run "the_outputs_describe_the_whole_lab" {
  command = plan

  assert {
    condition     = length(output.kafka.bootstrap_brokers) == 3 && length(output.kafka.zones) == 3
    error_message = "brokers or their zones are missing"
  }

  assert {
    condition     = output.mysql.resource_id == "db-MOCKED" && length(output.redis.zones) == 2 && !output.redis.cluster_mode
    error_message = "database or cache is described wrongly"
  }

  assert {
    condition = toset(keys(output.tasks)) == toset([
      "command-service", "consumer-service", "outbox-relay", "query-service", "registry", "runner",
    ])
    error_message = "a task is missing"
  }

  assert {
    condition     = output.tasks["registry"].host == "registry.test.rlab.internal" && output.tasks["registry"].secret_arn == null
    error_message = "the registry is described wrongly"
  }

  assert {
    condition     = output.tasks["runner"].service_arn == null && output.tasks["runner"].port == null && output.tasks["runner"].secret_arn != null
    error_message = "the runner is described wrongly"
  }

  assert {
    condition     = toset(keys(output.log_groups)) == toset(concat(keys(output.tasks), ["kafka", "mysql-error", "mysql-slowquery", "redis-slow"]))
    error_message = "a log group is missing"
  }
}

run "every_fault_has_an_experiment_and_alarms_that_stop_it" {
  command = plan

  assert {
    condition     = toset(keys(output.experiments)) == toset(["mysql-failover", "redis-power-eu-central-1a", "redis-power-eu-central-1b"])
    error_message = "not one experiment for the database and one per zone of the cache"
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["kafka_offline_partitions", "kafka_under_min_isr", "mysql_cpu", "mysql_storage", "redis_cpu", "redis_replication_lag"])
    error_message = "an alarm is missing"
  }

  assert {
    condition     = alltrue([for experiment in local.experiments : length(experiment.stop_alarm_arns) == 4])
    error_message = "an experiment does not heed both other servers"
  }
}

run "what_may_be_broken_is_this_labs" {
  command = plan

  assert {
    condition = alltrue([
      for statement in concat(local.direct_faults, local.experiment_faults) : !contains(statement.Resource, "*")
    ])
    error_message = "the runner may break what is not the lab's"
  }

  assert {
    condition     = [for statement in local.experiments_may : statement.Sid if contains(statement.Resource, "*")] == ["FindByTag"]
    error_message = "an experiment may break what is not the lab's"
  }
}

run "an_existing_vpc_is_used_as_it_is" {
  command = plan

  variables {
    existing_network = { vpc_id = "vpc-theirs", subnet_ids = ["subnet-a", "subnet-b", "subnet-c"] }
    endpoints        = []
    https_cidrs      = ["10.0.0.0/16"]
  }

  override_module {
    target = module.platform.module.network
    outputs = {
      vpc_id          = "vpc-theirs"
      cidr            = "10.0.0.0/16"
      subnet_by_zone  = { eu-central-1a = "subnet-a", eu-central-1b = "subnet-b", eu-central-1c = "subnet-c" }
      route_table_ids = []
    }
  }

  assert {
    condition     = output.network.vpc_id == "vpc-theirs" && output.network.subnet_by_zone["eu-central-1b"] == "subnet-b"
    error_message = "the lab is not in the VPC that was named"
  }
}
