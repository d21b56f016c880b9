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
  usd_per_month = 100
  usd_per_hour  = 2
  emails        = ["somebody@example.org"]
}

run "month_and_day_are_watched_for_this_lab_alone" {
  command = plan
  module {
    source = "./budget"
  }

  assert {
    condition     = aws_budgets_budget.lab["monthly"].limit_amount == "100.00" && aws_budgets_budget.lab["daily"].limit_amount == "48.00"
    error_message = "bounds are not those that were set"
  }

  assert {
    condition     = alltrue([for budget in aws_budgets_budget.lab : one(budget.cost_filter).values[0] == join("$", ["user:lab", "test"])])
    error_message = "it watches other costs too"
  }
}

run "somebody_is_told" {
  command = plan
  module {
    source = "./budget"
  }

  assert {
    condition     = alltrue([for budget in aws_budgets_budget.lab : length(budget.notification) == 2 && alltrue([for notice in budget.notification : length(notice.subscriber_email_addresses) == 1])])
    error_message = "nobody is told"
  }
}

run "a_month_out_of_bounds_is_refused" {
  command = plan
  module {
    source = "./budget"
  }
  variables {
    usd_per_month = 0
  }

  expect_failures = [var.usd_per_month]
}

run "an_hour_out_of_bounds_is_refused" {
  command = plan
  module {
    source = "./budget"
  }
  variables {
    usd_per_hour = 1000
  }

  expect_failures = [var.usd_per_hour]
}

run "a_budget_that_tells_nobody_watches_all_the_same" {
  command = plan
  module {
    source = "./budget"
  }
  variables {
    emails = []
  }

  assert {
    condition     = alltrue([for budget in aws_budgets_budget.lab : length(budget.notification) == 0])
    error_message = "AWS refuses a notification that goes to nobody"
  }
}

run "more_addresses_than_aws_takes_are_refused" {
  command = plan
  module {
    source = "./budget"
  }
  variables {
    emails = [for number in range(11) : "somebody${number}@example.org"]
  }

  expect_failures = [var.emails]
}
