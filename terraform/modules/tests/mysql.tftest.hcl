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
  engine_version      = "8.4"
  instance_class      = "db.t4g.micro"
  storage_gib         = 20
  max_connections     = 200
  slow_query_seconds  = 0.2
  deletion_protection = false
  skip_final_snapshot = true
  subnet_ids          = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id   = "sg-mysql"
}

run "a_standby_waits_in_another_zone" {
  command = plan
  module {
    source = "./mysql"
  }

  assert {
    condition     = aws_db_instance.this.multi_az
    error_message = "there is nothing to fail over to"
  }

  assert {
    condition     = aws_db_instance.this.publicly_accessible == false
    error_message = "the database can be reached from outside"
  }
}

run "its_data_is_encrypted_and_its_users_prove_themselves_by_iam" {
  command = plan
  module {
    source = "./mysql"
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.lab.key_arn
    error_message = "the disk is not encrypted with the lab's key"
  }

  assert {
    condition     = aws_db_instance.this.iam_database_authentication_enabled
    error_message = "IAM is off"
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "the owner's password passes through the state"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["require_secure_transport"] == "1"
    error_message = "connections may be in clear"
  }
}

run "slow_queries_are_exported_into_a_group_that_ends" {
  command = plan
  module {
    source = "./mysql"
  }

  assert {
    condition     = contains(aws_db_instance.this.enabled_cloudwatch_logs_exports, "slowquery")
    error_message = "the slow log stays on the server"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["slow_query_log"] == "1" && { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["log_output"] == "FILE"
    error_message = "RDS exports only files"
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.export : group.retention_in_days == 7 && startswith(group.name, "/aws/rds/instance/rlab-test/")])
    error_message = "RDS would make a group that outlives the lab"
  }
}

run "what_was_acknowledged_is_on_disk" {
  command = plan
  module {
    source = "./mysql"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["innodb_flush_log_at_trx_commit"] == "1" && { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["sync_binlog"] == "1"
    error_message = "a crash may lose a commit"
  }
}

run "version_8_4_has_its_family_and_its_names" {
  command = plan
  module {
    source = "./mysql"
  }

  assert {
    condition     = aws_db_parameter_group.this.family == "mysql8.4"
    error_message = "the group is of another family"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["innodb_redo_log_capacity"] == "268435456" && !contains(keys({ for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }), "innodb_log_file_size")
    error_message = "8.4 does not know that name"
  }
}

run "version_8_0_has_its_family_and_its_names" {
  command = plan
  module {
    source = "./mysql"
  }
  variables {
    engine_version = "8.0"
  }

  assert {
    condition     = aws_db_parameter_group.this.family == "mysql8.0"
    error_message = "the group is of another family"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["innodb_log_file_size"] == "134217728" && !contains(keys({ for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }), "innodb_redo_log_capacity")
    error_message = "RDS refuses that name in 8.0"
  }
}

run "other_versions_are_refused" {
  command = plan
  module {
    source = "./mysql"
  }
  variables {
    engine_version = "5.7"
  }

  expect_failures = [var.engine_version]
}

run "a_disk_too_small_is_refused" {
  command = plan
  module {
    source = "./mysql"
  }
  variables {
    storage_gib = 5
  }

  expect_failures = [var.storage_gib]
}
