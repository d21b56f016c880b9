# What has to stop a drill of something else: the cache is about to fail under it. Full memory is none of it,
# since the cache evicts.

locals {
  nodes = [for number in range(1, var.nodes + 1) : { CacheClusterId = format("%s-%03d", var.lab.prefix, number) }]
}

module "cpu" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-redis-cpu"
  description = "the engine's one thread has no time left"
  namespace   = "AWS/ElastiCache"
  metric      = "EngineCPUUtilization"
  series      = local.nodes
  statistic   = "Average"
  comparison  = "GreaterThanThreshold"
  threshold   = 95
  minutes     = 5
}

module "replication_lag" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-redis-replication-lag"
  description = "a replica is more than 30 s behind: promoting it would lose that much"
  namespace   = "AWS/ElastiCache"
  metric      = "ReplicationLag"
  series      = local.nodes
  statistic   = "Maximum"
  comparison  = "GreaterThanThreshold"
  threshold   = 30
  minutes     = 2
}
