# Costs, time and graphs.

module "budget" {
  source        = "../modules/budget"
  lab           = module.platform.lab
  usd_per_month = var.budget_usd_per_month
  usd_per_hour  = var.budget_usd_per_hour
  emails        = var.budget_emails
}

module "dashboard" {
  source = "../modules/dashboard"
  lab    = module.platform.lab
  panels = merge(module.kafka.panels, module.mysql.panels, module.redis.panels)
}

# Not a validation of the variable: an expired lab must still be destroyed with the values it was made with.
resource "terraform_data" "lifetime" {
  input = var.expiry

  lifecycle {
    precondition {
      condition     = timecmp(var.expiry, plantimestamp()) > 0
      error_message = "the lab expired at ${var.expiry}; extend it, or take it down"
    }
  }
}
