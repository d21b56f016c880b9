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

run "a_lab_whose_time_is_over_is_not_brought_up" {
  command = plan
  variables {
    expiry = "2020-01-01T00:00:00Z"
  }
  expect_failures = [terraform_data.lifetime]
}

run "an_expiry_that_is_no_time_is_refused" {
  command = plan
  variables {
    expiry = "tomorrow"
  }
  expect_failures = [var.expiry]
}

run "an_expiry_in_another_zone_is_refused" {
  command = plan
  variables {
    expiry = "2099-01-01T00:00:00+02:00"
  }
  expect_failures = [var.expiry]
}

run "a_name_that_elasticache_would_not_take_is_refused" {
  command = plan
  variables {
    lab = "double--hyphen"
  }
  expect_failures = [var.lab]
}

run "a_name_that_makes_user_ids_too_long_is_refused" {
  command = plan
  variables {
    lab = "a-name-of-nineteen1"
  }
  expect_failures = [var.lab]
}

run "a_missing_image_is_refused" {
  command = plan
  variables {
    image_digests = { runner = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  }
  expect_failures = [var.image_digests]
}

run "an_account_that_is_none_is_refused" {
  command = plan
  variables {
    account_id = "12345"
  }
  expect_failures = [var.account_id]
}

run "roles_without_a_boundary_are_refused" {
  command = plan
  variables {
    permissions_boundary_arn = ""
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "a_network_too_small_is_refused" {
  command = plan
  variables {
    cidr = "10.42.0.0/24"
  }
  expect_failures = [var.cidr]
}
