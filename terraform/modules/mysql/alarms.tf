# What has to stop a drill of something else: the database is about to go down under it.

locals {
  instance = { DBInstanceIdentifier = var.lab.prefix }
}

module "storage" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-mysql-storage"
  description = "less than a tenth of the disk is free: a full disk stops the database"
  namespace   = "AWS/RDS"
  metric      = "FreeStorageSpace"
  series      = [local.instance]
  statistic   = "Minimum"
  comparison  = "LessThanThreshold"
  threshold   = var.storage_gib * 1024 * 1024 * 1024 / 10
  minutes     = 1
}

module "cpu" {
  source      = "../alarm"
  name        = "${var.lab.prefix}-mysql-cpu"
  description = "no processor time left: reads that the cache no longer answers drown the database"
  namespace   = "AWS/RDS"
  metric      = "CPUUtilization"
  series      = [local.instance]
  statistic   = "Average"
  comparison  = "GreaterThanThreshold"
  threshold   = 98
  minutes     = 5
}
