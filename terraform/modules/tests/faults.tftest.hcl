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
  experiments = {
    cut = {
      description     = "cuts"
      action_id       = "aws:rds:reboot-db-instances"
      target_key      = "DBInstances"
      resource_type   = "aws:rds:db"
      resource_arns   = ["arn:aws:rds:eu-central-1:123456789012:db:rlab-test"]
      stop_alarm_arns = ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x"]
    }
  }
  statements = [{ Effect = "Allow", Action = ["rds:RebootDBInstance"], Resource = ["arn:aws:rds:eu-central-1:123456789012:db:rlab-test"] }]
}

run "every_experiment_can_be_stopped_by_an_alarm" {
  command = plan
  module {
    source = "./faults"
  }

  assert {
    condition     = alltrue(flatten([for template in aws_fis_experiment_template.this : [for stop in template.stop_condition : stop.source == "aws:cloudwatch:alarm" && startswith(stop.value, "arn:aws:cloudwatch:")]]))
    error_message = "an experiment runs to its end whatever happens"
  }

  assert {
    condition     = alltrue([for template in aws_fis_experiment_template.this : length(template.stop_condition) > 0])
    error_message = "an experiment has no stop condition"
  }
}

run "a_target_with_an_arn_is_that_one" {
  command = plan
  module {
    source = "./faults"
  }

  assert {
    condition     = alltrue(flatten([for template in aws_fis_experiment_template.this : [for target in template.target : length(target.resource_tag) == 0 && length(target.resource_arns) == 1]]))
    error_message = "it hits more than it names"
  }
}

run "a_target_without_an_arn_is_the_labs" {
  command = plan
  module {
    source = "./faults"
  }
  variables {
    experiments = {
      power = {
        description       = "takes power"
        action_id         = "aws:elasticache:replicationgroup-interrupt-az-power"
        target_key        = "ReplicationGroups"
        resource_type     = "aws:elasticache:replicationgroup"
        target_parameters = { availabilityZoneIdentifier = "eu-central-1a" }
        parameters        = { duration = "PT5M" }
        stop_alarm_arns   = ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x"]
      }
    }
  }

  assert {
    condition     = alltrue(flatten([for template in aws_fis_experiment_template.this : [for target in template.target : [for tag in target.resource_tag : tag.key == "lab" && tag.value == "test"]]]))
    error_message = "it hits what is not the lab's"
  }

  assert {
    condition     = alltrue([for template in aws_fis_experiment_template.this : one(template.target).resource_arns == null || length(one(template.target).resource_arns) == 0])
    error_message = "ARNs and tags exclude each other"
  }
}

run "an_experiment_that_nothing_stops_is_refused" {
  command = plan
  module {
    source = "./faults"
  }
  variables {
    experiments = {
      cut = {
        description     = "cuts"
        action_id       = "aws:rds:reboot-db-instances"
        target_key      = "DBInstances"
        resource_type   = "aws:rds:db"
        resource_arns   = ["arn:aws:rds:eu-central-1:123456789012:db:rlab-test"]
        stop_alarm_arns = []
      }
    }
  }

  expect_failures = [var.experiments]
}
