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
  deletion_window_days = 7
}

run "the_key_turns_by_itself" {
  command = plan
  module {
    source = "./encryption"
  }

  assert {
    condition     = aws_kms_key.lab.enable_key_rotation
    error_message = "the key is never turned"
  }

  assert {
    condition     = jsondecode(aws_kms_key.lab.policy).Statement[0].Principal.AWS == "arn:aws:iam::123456789012:root"
    error_message = "the key can be locked out of its account"
  }
}

run "other_partitions_have_their_own_names" {
  command = plan
  module {
    source = "./encryption"
  }
  variables {
    lab = { name = "test", prefix = "rlab-test", partition = "aws-cn", region = "cn-north-1", account_id = "123456789012" }
  }

  assert {
    condition     = startswith(jsondecode(aws_kms_key.lab.policy).Statement[0].Principal.AWS, "arn:aws-cn:")
    error_message = "the partition is written into the code"
  }
}

run "a_window_of_a_day_is_refused" {
  command = plan
  module {
    source = "./encryption"
  }
  variables {
    deletion_window_days = 1
  }

  expect_failures = [var.deletion_window_days]
}
