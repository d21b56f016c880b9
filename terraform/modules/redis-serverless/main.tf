# ElastiCache Serverless: cluster mode and TLS by nature, replicas are AWS's own affair, no failover on
# demand and no slow log.

resource "aws_elasticache_serverless_cache" "this" {
  name                 = var.lab.prefix
  description          = "lab ${var.lab.name}"
  engine               = "redis"
  major_engine_version = "7"
  subnet_ids           = var.subnet_ids
  security_group_ids   = [var.security_group_id]
  user_group_id        = var.user_group_id
  kms_key_id           = var.lab.key_arn

  # What is stored and computed is charged: these are the ends of a load that ran away.
  cache_usage_limits {
    data_storage {
      maximum = var.limits.data_gib
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = var.limits.ecpu_per_second
    }
  }
}
