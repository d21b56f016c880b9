# What Aurora can be told: how it keeps its data is its own affair, so there is no redo log and no sync_binlog.

locals {
  parameters = {
    slow_query_log             = "1"
    log_output                 = "FILE"
    long_query_time            = tostring(var.slow_query_seconds)
    innodb_print_all_deadlocks = "1"
    require_secure_transport   = "ON"
    max_connections            = tostring(var.max_connections)
  }
}

resource "aws_rds_cluster_parameter_group" "this" {
  name        = var.lab.prefix
  family      = "aurora-mysql8.0"
  description = "lab ${var.lab.name}"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }
}
