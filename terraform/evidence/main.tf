# Where runners store what drills showed. It belongs to no lab, and no lab can take it away.

data "aws_partition" "this" {}

module "store" {
  source                   = "../modules/bucket"
  name                     = "rlab-evidence-${var.account_id}-${var.region}"
  partition                = data.aws_partition.this.partition
  account_id               = var.account_id
  object_lock              = true
  key_deletion_window_days = var.key_deletion_window_days
}

resource "aws_s3_bucket_object_lock_configuration" "retention" {
  bucket = module.store.name

  rule {
    default_retention {
      mode = var.retention.mode
      days = var.retention.days
    }
  }

  # A bucket whose versions are not kept cannot lock them.
  depends_on = [module.store]
}
