# One alarm over one or several series of the same metric: it rings when the worst of them is out of bounds.

locals {
  several = length(var.series) > 1
  worst   = startswith(var.comparison, "Less") ? "MIN" : "MAX"
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = var.name
  alarm_description   = var.description
  comparison_operator = var.comparison
  threshold           = var.threshold
  evaluation_periods  = var.minutes
  # A server that is being failed over reports nothing for a while; that alone must not end a drill.
  treat_missing_data = "notBreaching"

  namespace   = local.several ? null : var.namespace
  metric_name = local.several ? null : var.metric
  dimensions  = local.several ? null : var.series[0]
  statistic   = local.several ? null : var.statistic
  period      = local.several ? null : 60

  dynamic "metric_query" {
    for_each = local.several ? [true] : []
    content {
      id          = "worst"
      label       = "worst"
      expression  = "${local.worst}(METRICS())"
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = local.several ? var.series : []
    content {
      id          = "m${metric_query.key}"
      return_data = false
      metric {
        namespace   = var.namespace
        metric_name = var.metric
        dimensions  = metric_query.value
        stat        = var.statistic
        period      = 60
      }
    }
  }
}
