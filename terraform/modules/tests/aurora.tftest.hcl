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
  engine_version      = "8.0.mysql_aurora.3.08.2"
  capacity            = { min = 0.5, max = 2 }
  max_connections     = 200
  slow_query_seconds  = 0.2
  deletion_protection = false
  skip_final_snapshot = true
  subnet_by_zone      = { zone-c = "subnet-c", zone-a = "subnet-a", zone-b = "subnet-b" }
  security_group_id   = "sg-mysql"
}

run "writer_and_reader_stand_in_different_zones" {
  command = plan
  module {
    source = "./aurora"
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && length(distinct([for instance in aws_rds_cluster_instance.this : instance.availability_zone])) == 2
    error_message = "one zone takes both along"
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.instance_class == "db.serverless" && instance.promotion_tier == 0])
    error_message = "the reader would not take over at its full size"
  }
}

run "its_data_is_encrypted_and_its_users_prove_themselves_by_iam" {
  command = plan
  module {
    source = "./aurora"
  }

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.iam_database_authentication_enabled
    error_message = "not encrypted, or IAM is off"
  }

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null
    error_message = "the owner's password passes through the state"
  }
}

run "slow_queries_are_exported" {
  command = plan
  module {
    source = "./aurora"
  }

  assert {
    condition     = contains(aws_rds_cluster.this.enabled_cloudwatch_logs_exports, "slowquery")
    error_message = "the slow log stays on the server"
  }
}

run "one_zone_is_refused" {
  command = plan
  module {
    source = "./aurora"
  }
  variables {
    subnet_by_zone = { zone-a = "subnet-a" }
  }

  expect_failures = [var.subnet_by_zone]
}

run "a_most_below_the_least_is_refused" {
  command = plan
  module {
    source = "./aurora"
  }
  variables {
    capacity = { min = 4, max = 2 }
  }

  expect_failures = [var.capacity]
}
