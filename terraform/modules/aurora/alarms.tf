# What has to stop a drill: the database is at the end of its capacity, or its reader hopelessly behind.

locals {
  cluster = { DBClusterIdentifier = var.lab.prefix }
}

module "capacity" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-mysql-capacity"
  description = "the database cannot grow any further: max_capacity is reached"
  namespace   = "AWS/RDS"
  metric      = "ACUUtilization"
  series      = [local.cluster]
  statistic   = "Average"
  comparison  = "GreaterThanThreshold"
  threshold   = 98
  minutes     = 5
}

module "replica_lag" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-mysql-replica-lag"
  description = "the reader is more than 10 s behind: a failover would take longer than a drill allows"
  namespace   = "AWS/RDS"
  metric      = "AuroraReplicaLagMaximum"
  series      = [local.cluster]
  statistic   = "Maximum"
  comparison  = "GreaterThanThreshold"
  threshold   = 10000
  minutes     = 2
}
