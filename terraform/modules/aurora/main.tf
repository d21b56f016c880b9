# Aurora MySQL Serverless v2: a writer and a reader in different zones. Without the reader there is nothing
# to fail over to.

resource "aws_db_subnet_group" "this" {
  name        = var.lab.prefix
  description = "lab ${var.lab.name}"
  subnet_ids  = values(var.subnet_by_zone)
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV_AWS_139:a lab has to go away when its time is over; deletion_protection is a variable
  #checkov:skip=CKV2_AWS_8:a lab's data is made by its drills and needs no backup plan
  #checkov:skip=CKV_AWS_325:who did what is written down by the drill itself; an audit log would be charged
  #checkov:skip=CKV_AWS_326:a lab's data is made by its drills; there is nothing to go back to
  cluster_identifier = var.lab.prefix
  engine             = "aurora-mysql"
  engine_version     = var.engine_version
  engine_mode        = "provisioned"

  serverlessv2_scaling_configuration {
    min_capacity = var.capacity.min
    max_capacity = var.capacity.max
  }

  storage_encrypted      = true
  kms_key_id             = var.lab.key_arn
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]

  # AWS draws the password and keeps it in Secrets Manager: it is in no state file.
  master_username                     = "rlab_owner"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.lab.key_arn
  iam_database_authentication_enabled = true

  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  enabled_cloudwatch_logs_exports = local.exports
  allow_major_version_upgrade     = true
  apply_immediately               = true

  backup_retention_period   = 1
  copy_tags_to_snapshot     = true
  delete_automated_backups  = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = var.skip_final_snapshot
  final_snapshot_identifier = var.skip_final_snapshot ? null : "${var.lab.prefix}-final"

  depends_on = [aws_cloudwatch_log_group.export]
}

locals {
  zones = sort(keys(var.subnet_by_zone))
  # The first becomes the writer; which one is it later, only the cluster knows.
  instances = { a = local.zones[0], b = local.zones[1] }
}

resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_118:enhanced monitoring is charged; a drill measures at the client
  #checkov:skip=CKV_AWS_226:a new minor version in the middle of a series of drills would compare two servers
  #checkov:skip=CKV_AWS_353:Performance Insights is charged beyond its free week; a drill measures at the client
  for_each                   = local.instances
  identifier                 = "${var.lab.prefix}-${each.key}"
  cluster_identifier         = aws_rds_cluster.this.id
  engine                     = aws_rds_cluster.this.engine
  engine_version             = aws_rds_cluster.this.engine_version
  instance_class             = "db.serverless"
  availability_zone          = each.value
  promotion_tier             = 0
  publicly_accessible        = false
  ca_cert_identifier         = var.ca_certificate
  auto_minor_version_upgrade = false
  copy_tags_to_snapshot      = true
  apply_immediately          = true
}

locals {
  exports = toset(["error", "slowquery"])
}

# Made before RDS makes them, which would leave them behind without retention and without the lab's key.
resource "aws_cloudwatch_log_group" "export" {
  #checkov:skip=CKV_AWS_338:a lab's logs go into its evidence; a year in CloudWatch would outlive every use
  for_each          = local.exports
  name              = "/aws/rds/cluster/${var.lab.prefix}/${each.value}"
  retention_in_days = var.lab.log_retention_days
  kms_key_id        = var.lab.key_arn
}
