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
  name        = "worker"
  description = "works"
  service     = "ecs-tasks.amazonaws.com"
  statements  = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::x/y"] }]
}

run "every_role_has_the_boundary" {
  command = plan
  module {
    source = "./role"
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.lab.boundary_arn
    error_message = "a role is unbounded"
  }
}

run "a_service_takes_the_role_for_this_account_only" {
  command = plan
  module {
    source = "./role"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "another account could make the service act"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "ecs-tasks.amazonaws.com" }
    error_message = "somebody else may take the role"
  }
}

run "a_name_too_long_is_refused" {
  command = plan
  module {
    source = "./role"
  }
  variables {
    name = "a-name-that-goes-on-and-on-until-iam-would-no-longer-take-it-as-one"
  }

  expect_failures = [var.name]
}
