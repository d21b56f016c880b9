mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  name        = "rlab-test-x"
  description = "x"
  namespace   = "AWS/Kafka"
  metric      = "UnderMinIsrPartitionCount"
  series      = [{ "Broker ID" = "1" }, { "Broker ID" = "2" }]
  statistic   = "Maximum"
  comparison  = "GreaterThanThreshold"
  threshold   = 0
  minutes     = 1
}

run "the_worst_of_several_series_counts" {
  command = plan
  module {
    source = "./alarm"
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.this.metric_query : query.expression if query.return_data] == ["MAX(METRICS())"]
    error_message = "not the worst broker is judged"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this.metric_query) == 3 && aws_cloudwatch_metric_alarm.this.metric_name == null
    error_message = "not every broker is looked at"
  }
}

run "for_what_must_not_fall_the_least_is_the_worst" {
  command = plan
  module {
    source = "./alarm"
  }
  variables {
    comparison = "LessThanThreshold"
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.this.metric_query : query.expression if query.return_data] == ["MIN(METRICS())"]
    error_message = "a full disk hides behind an empty one"
  }
}

run "one_series_is_watched_directly" {
  command = plan
  module {
    source = "./alarm"
  }
  variables {
    series = [{ "Cluster Name" = "x" }]
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this.metric_name == "UnderMinIsrPartitionCount" && length(aws_cloudwatch_metric_alarm.this.metric_query) == 0
    error_message = "one series needs no expression"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this.treat_missing_data == "notBreaching"
    error_message = "a server that restarts would end every drill"
  }
}

run "an_alarm_over_nothing_is_refused" {
  command = plan
  module {
    source = "./alarm"
  }
  variables {
    series = []
  }

  expect_failures = [var.series]
}
