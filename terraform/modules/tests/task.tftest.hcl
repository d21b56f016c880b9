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
  name             = "query-service"
  image            = { url = "registry.test/query-service", repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/q", digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  size             = { cpu = 256, memory_mib = 512 }
  cpu_architecture = "X86_64"
  port             = 18081
  secrets          = { CONFIG = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:q" }
  statements       = [{ Effect = "Allow", Action = ["rds-db:connect"], Resource = ["arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-X/query_service"] }]
}

run "what_runs_is_named_by_its_digest" {
  command = plan
  module {
    source = "./task"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "registry.test/query-service@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    error_message = "a tag decides what runs"
  }
}

run "a_container_writes_nowhere_but_tmp" {
  command = plan
  module {
    source = "./task"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
    error_message = "the root can be written to"
  }

  assert {
    condition     = [for mount in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].mountPoints : mount.containerPath] == ["/tmp"]
    error_message = "it has other places to write"
  }
}

run "the_role_that_starts_it_reads_its_own_configuration_only" {
  command = plan
  module {
    source = "./task"
  }

  assert {
    condition     = toset(flatten([for statement in local.read : statement.Resource if statement.Sid == "ReadConfiguration"])) == toset(["arn:aws:secretsmanager:eu-central-1:123456789012:secret:q"])
    error_message = "it reads the configuration of others"
  }

  assert {
    condition     = length([for statement in local.start : statement if contains(statement.Resource, "*") && statement.Sid != "RegistryLogin"]) == 0
    error_message = "a right is wider than its resource"
  }
}

run "a_tag_is_refused_as_an_image" {
  command = plan
  module {
    source = "./task"
  }
  variables {
    image = { url = "registry.test/q", repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/q", digest = "latest" }
  }

  expect_failures = [var.image]
}
