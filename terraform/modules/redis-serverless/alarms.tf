# What has to stop a drill of something else: the cache refuses work.

module "throttled" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-redis-throttled"
  description = "commands are throttled: the limit of the cache is reached"
  namespace   = "AWS/ElastiCache"
  metric      = "ThrottledCmds"
  series      = [{ clusterId = var.lab.prefix }]
  statistic   = "Sum"
  comparison  = "GreaterThanThreshold"
  threshold   = 0
  minutes     = 2
}
