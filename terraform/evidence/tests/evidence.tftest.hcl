mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  owner      = "somebody"
  region     = "eu-central-1"
  account_id = "123456789012"
}

run "what_is_stored_cannot_be_changed_for_the_time_that_was_said" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_object_lock_configuration.retention.rule).default_retention[0].mode == "GOVERNANCE" && one(aws_s3_bucket_object_lock_configuration.retention.rule).default_retention[0].days == 90
    error_message = "objects are not locked"
  }

  assert {
    condition     = output.bucket == "rlab-evidence-123456789012-eu-central-1" && startswith(output.evidence.key_arn, "arn:aws:kms:")
    error_message = "a lab could not be told where to store"
  }
}

run "no_retention_is_refused" {
  command = plan
  variables {
    retention = { days = 0 }
  }
  expect_failures = [var.retention]
}

run "a_mode_that_does_not_exist_is_refused" {
  command = plan
  variables {
    retention = { mode = "HOPE" }
  }
  expect_failures = [var.retention]
}
