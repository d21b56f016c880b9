# Two budgets over what carries the lab's tag. They tell somebody; they stop nothing.

locals {
  limits = {
    monthly = { unit = "MONTHLY", usd = var.usd_per_month }
    # AWS has no hourly budgets; a day at the hourly bound is the shortest it can watch.
    daily = { unit = "DAILY", usd = var.usd_per_hour * 24 }
  }
}

resource "aws_budgets_budget" "lab" {
  for_each     = local.limits
  name         = "${var.lab.prefix}-${each.key}"
  budget_type  = "COST"
  time_unit    = each.value.unit
  limit_unit   = "USD"
  limit_amount = format("%.2f", each.value.usd)

  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:lab", var.lab.name])]
  }

  dynamic "notification" {
    for_each = length(var.emails) > 0 ? [80, 100] : []
    content {
      notification_type          = "ACTUAL"
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.emails
    }
  }
}
