# Where the state of every lab lies. Terraform's own lock objects live beside the states.

module "state" {
  source                   = "../modules/bucket"
  name                     = "rlab-state-${var.account_id}-${var.region}"
  partition                = data.aws_partition.this.partition
  account_id               = var.account_id
  object_lock              = false
  key_deletion_window_days = var.key_deletion_window_days
}
