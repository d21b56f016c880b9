# What every part of one lab shares.

data "aws_partition" "this" {}

locals {
  identity = {
    name       = var.name
    prefix     = "rlab-${var.name}"
    partition  = data.aws_partition.this.partition
    region     = var.region
    account_id = var.account_id
  }

  lab = merge(local.identity, {
    boundary_arn       = var.permissions_boundary_arn
    key_arn            = module.encryption.key_arn
    log_retention_days = var.log_retention_days
  })
}
