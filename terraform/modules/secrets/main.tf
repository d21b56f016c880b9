# Where each task finds its configuration. Only the place is made here: what is in it is written after the
# apply, so that no secret passes through a plan or a state file.

resource "aws_secretsmanager_secret" "configuration" {
  #checkov:skip=CKV2_AWS_57:it holds a task's configuration, which is written anew with every drill
  for_each    = var.names
  name        = "${var.lab.prefix}/${each.value}"
  description = "configuration of ${each.value} in lab ${var.lab.name}"
  kms_key_id  = var.lab.key_arn
  # At once, or a lab of the same name could not be brought up again for a week.
  recovery_window_in_days = 0
}
