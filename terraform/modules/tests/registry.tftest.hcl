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
  image              = { url = "registry.test/x", repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/x", digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  size               = { cpu = 256, memory_mib = 1024 }
  port               = 18091
  cluster            = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/rlab-test", namespace_id = "ns-0" }
  cpu_architecture   = "X86_64"
  subnet_by_zone     = { zone-a = "subnet-a", zone-b = "subnet-b", zone-c = "subnet-c" }
  security_group_ids = { registry = "sg-registry", storage = "sg-storage" }
}

run "its_files_outlive_the_task_and_can_be_reached_from_every_zone" {
  command = plan
  module {
    source = "./registry"
  }

  assert {
    condition     = length(aws_efs_mount_target.zone) == 3
    error_message = "a task in another zone would not find its files"
  }

  assert {
    condition     = aws_efs_file_system.this.encrypted && aws_efs_file_system.this.kms_key_id == var.lab.key_arn
    error_message = "files are not encrypted with the lab's key"
  }
}

run "only_the_registry_mounts_them_and_only_by_tls" {
  command = plan
  module {
    source = "./registry"
  }

  assert {
    condition     = [for statement in jsondecode(aws_efs_file_system_policy.this.policy).Statement : statement.Effect if statement.Principal == { AWS = "*" }] == ["Deny"]
    error_message = "somebody else may mount them"
  }

  assert {
    condition     = toset(keys(local.mount[0].Condition.ArnEquals)) == toset(["elasticfilesystem:AccessPointArn"])
    error_message = "it may mount more than its directory"
  }
}
