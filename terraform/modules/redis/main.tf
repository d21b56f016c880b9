# One primary and its replicas in different zones, cluster mode off: one endpoint that moves with the primary.

resource "aws_elasticache_subnet_group" "this" {
  name        = var.lab.prefix
  description = "lab ${var.lab.name}"
  subnet_ids  = values(var.subnet_by_zone)
}

resource "aws_elasticache_parameter_group" "this" {
  name        = var.lab.prefix
  family      = "redis7"
  description = "lab ${var.lab.name}"

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lfu"
  }

  parameter {
    name  = "slowlog-log-slower-than"
    value = tostring(var.slow_command_us)
  }
}

locals {
  zones = slice(sort(keys(var.subnet_by_zone)), 0, var.nodes)
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:clients prove themselves by IAM users; an AUTH token would be a second way in
  replication_group_id = var.lab.prefix
  description          = "lab ${var.lab.name}"
  engine               = "redis"
  engine_version       = "7.1"
  node_type            = var.node_type
  port                 = var.port

  num_cache_clusters          = var.nodes
  preferred_cache_cluster_azs = local.zones
  automatic_failover_enabled  = true
  multi_az_enabled            = true

  parameter_group_name = aws_elasticache_parameter_group.this.name
  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [var.security_group_id]
  user_group_ids       = [var.user_group_id]

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.lab.key_arn

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }

  # A new minor version in the middle of a series of drills would compare two servers.
  auto_minor_version_upgrade = false
  apply_immediately          = true
  snapshot_retention_limit   = 0
}

resource "aws_cloudwatch_log_group" "slow" {
  #checkov:skip=CKV_AWS_338:a lab's logs go into its evidence; a year in CloudWatch would outlive every use
  name              = "/rlab/${var.lab.name}/redis-slow"
  retention_in_days = var.lab.log_retention_days
  kms_key_id        = var.lab.key_arn
}
