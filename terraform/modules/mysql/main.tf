# RDS MySQL with a synchronous standby in another zone: a failover starts the engine there on the same data.

resource "aws_db_subnet_group" "this" {
  name        = var.lab.prefix
  description = "lab ${var.lab.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118:enhanced monitoring is charged; a drill measures at the client
  #checkov:skip=CKV_AWS_293:a lab has to go away when its time is over; deletion_protection is a variable
  #checkov:skip=CKV_AWS_353:the smallest classes have no Performance Insights
  #checkov:skip=CKV_AWS_226:a new minor version in the middle of a series of drills would compare two servers
  #checkov:skip=CKV2_AWS_69:require_secure_transport is set in parameters.tf, where the scan does not follow
  identifier     = var.lab.prefix
  engine         = "mysql"
  engine_version = var.engine_version
  instance_class = var.instance_class

  allocated_storage = var.storage_gib
  storage_type      = "gp3"
  storage_encrypted = true
  kms_key_id        = var.lab.key_arn

  multi_az               = true
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false

  # AWS draws the password and keeps it in Secrets Manager: it is in no state file.
  username                            = "rlab_owner"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.lab.key_arn
  iam_database_authentication_enabled = true

  parameter_group_name            = aws_db_parameter_group.this.name
  enabled_cloudwatch_logs_exports = local.exports
  ca_cert_identifier              = var.ca_certificate

  auto_minor_version_upgrade  = false
  allow_major_version_upgrade = true
  apply_immediately           = true

  backup_retention_period   = 1
  copy_tags_to_snapshot     = true
  delete_automated_backups  = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = var.skip_final_snapshot
  final_snapshot_identifier = var.skip_final_snapshot ? null : "${var.lab.prefix}-final"

  depends_on = [aws_cloudwatch_log_group.export]
}

locals {
  exports = toset(["error", "slowquery"])
}

# Made before RDS makes them, which would leave them behind without retention and without the lab's key.
resource "aws_cloudwatch_log_group" "export" {
  #checkov:skip=CKV_AWS_338:a lab's logs go into its evidence; a year in CloudWatch would outlive every use
  for_each          = local.exports
  name              = "/aws/rds/instance/${var.lab.prefix}/${each.value}"
  retention_in_days = var.lab.log_retention_days
  kms_key_id        = var.lab.key_arn
}
