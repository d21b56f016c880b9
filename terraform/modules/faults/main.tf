# Experiments of AWS FIS. Each ends by itself when another part of the lab is in trouble; what the fault is
# known to do to its own target is not among its stop conditions.

resource "aws_fis_experiment_template" "this" {
  for_each    = var.experiments
  description = "lab ${var.lab.name}: ${each.value.description}"
  role_arn    = module.role.arn

  dynamic "stop_condition" {
    for_each = each.value.stop_alarm_arns
    content {
      source = "aws:cloudwatch:alarm"
      value  = stop_condition.value
    }
  }

  action {
    name      = "fault"
    action_id = each.value.action_id

    target {
      key   = each.value.target_key
      value = "victim"
    }

    dynamic "parameter" {
      for_each = each.value.parameters
      content {
        key   = parameter.key
        value = parameter.value
      }
    }
  }

  target {
    name           = "victim"
    resource_type  = each.value.resource_type
    selection_mode = "ALL"
    resource_arns  = each.value.resource_arns
    parameters     = each.value.target_parameters

    # FIS finds replication groups by their tags only.
    dynamic "resource_tag" {
      for_each = length(each.value.resource_arns) == 0 ? [true] : []
      content {
        key   = "lab"
        value = var.lab.name
      }
    }
  }

  tags = { Name = "${var.lab.prefix}-${each.key}" }
}

module "role" {
  source      = "../role"
  lab         = var.lab
  name        = "faults"
  description = "what experiments in lab ${var.lab.name} may break"
  service     = "fis.amazonaws.com"
  statements  = var.statements
}
