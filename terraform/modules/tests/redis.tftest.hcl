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
  node_type         = "cache.t4g.micro"
  nodes             = 2
  port              = 6379
  slow_command_us   = 10000
  subnet_by_zone    = { zone-a = "subnet-a", zone-b = "subnet-b", zone-c = "subnet-c" }
  security_group_id = "sg-redis"
  user_group_id     = "rlab-test"
}

run "a_replica_in_another_zone_takes_over_by_itself" {
  command = plan
  module {
    source = "./redis"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "nobody takes over"
  }

  assert {
    condition     = length(distinct(aws_elasticache_replication_group.this.preferred_cache_cluster_azs)) == 2 && aws_elasticache_replication_group.this.num_cache_clusters == 2
    error_message = "one zone takes all nodes along"
  }
}

run "clients_come_by_tls_with_a_user_of_the_lab" {
  command = plan
  module {
    source = "./redis"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "connections may be in clear"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.user_group_ids == toset(["rlab-test"]) && aws_elasticache_replication_group.this.auth_token == null
    error_message = "there is a second way in"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.kms_key_id == var.lab.key_arn
    error_message = "data is not encrypted with the lab's key"
  }
}

run "slow_commands_are_delivered" {
  command = plan
  module {
    source = "./redis"
  }

  assert {
    condition     = [for log in aws_elasticache_replication_group.this.log_delivery_configuration : "${log.log_type} ${log.log_format} ${log.destination}"] == ["slow-log json /rlab/test/redis-slow"]
    error_message = "slow commands are not delivered"
  }
}

run "a_cache_without_a_replica_is_refused" {
  command = plan
  module {
    source = "./redis"
  }
  variables {
    nodes = 1
  }

  expect_failures = [var.nodes]
}
