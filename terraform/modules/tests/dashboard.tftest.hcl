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
  panels = { a = [["N", "M"]], b = [["N", "M"]], c = [["N", "M"]] }
}

run "graphs_stand_two_in_a_row_and_do_not_cover_each_other" {
  command = plan
  module {
    source = "./dashboard"
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.lab.dashboard_body).widgets : "${widget.x},${widget.y}"] == ["0,0", "12,0", "0,6"]
    error_message = "graphs cover each other"
  }
}
