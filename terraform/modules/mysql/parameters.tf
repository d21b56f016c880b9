# What MySQL is told: the same promises as the local lab's server, under the names of its version.

locals {
  redo_bytes = 256 * 1024 * 1024

  common = {
    slow_query_log                 = "1"
    log_output                     = "FILE"
    long_query_time                = tostring(var.slow_query_seconds)
    binlog_format                  = "ROW"
    binlog_row_image               = "minimal"
    innodb_flush_log_at_trx_commit = "1"
    sync_binlog                    = "1"
    innodb_print_all_deadlocks     = "1"
    require_secure_transport       = "1"
    max_connections                = tostring(var.max_connections)
  }

  # RDS has the redo log of 8.0 as two files; 8.4 took those names away.
  by_version = {
    "8.0" = { innodb_log_file_size = tostring(local.redo_bytes / 2) }
    "8.4" = { innodb_redo_log_capacity = tostring(local.redo_bytes) }
  }
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.lab.prefix}-${replace(var.engine_version, ".", "-")}"
  family      = "mysql${var.engine_version}"
  description = "lab ${var.lab.name}"

  dynamic "parameter" {
    for_each = merge(local.common, local.by_version[var.engine_version])
    content {
      name  = parameter.key
      value = parameter.value
      # Static parameters refuse to be set at once; before the first start it makes no difference.
      apply_method = "pending-reboot"
    }
  }

  # The instance lets go of the old group only when it has the new one.
  lifecycle {
    create_before_destroy = true
  }
}
