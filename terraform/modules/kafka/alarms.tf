# What has to stop a drill, whatever it is about: Kafka no longer keeps its promises.

locals {
  cluster = { "Cluster Name" = var.lab.prefix }
  brokers = [for id in range(1, length(var.subnet_ids) + 1) : merge(local.cluster, { "Broker ID" = tostring(id) })]
}

module "offline_partitions" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-kafka-offline-partitions"
  description = "partitions without a leader: nobody can write to them"
  namespace   = "AWS/Kafka"
  metric      = "OfflinePartitionsCount"
  series      = [local.cluster]
  statistic   = "Maximum"
  comparison  = "GreaterThanThreshold"
  threshold   = 0
  minutes     = 1
}

module "under_min_isr" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-kafka-under-min-isr"
  description = "partitions with fewer replicas in sync than a write needs"
  namespace   = "AWS/Kafka"
  metric      = "UnderMinIsrPartitionCount"
  series      = local.brokers
  statistic   = "Maximum"
  comparison  = "GreaterThanThreshold"
  threshold   = 0
  minutes     = 1
}
