# Files that outlive the task and can be reached from every zone, so that schema ids stay what they were.

resource "aws_efs_file_system" "this" {
  creation_token = "${var.lab.prefix}-registry"
  encrypted      = true
  kms_key_id     = var.lab.key_arn
  tags           = { Name = "${var.lab.prefix}-registry" }
}

resource "aws_efs_mount_target" "zone" {
  for_each        = var.subnet_by_zone
  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = each.value
  security_groups = [var.security_group_ids.storage]
}

# Whoever mounts is this user in this directory, whatever the container says it is.
resource "aws_efs_access_point" "this" {
  file_system_id = aws_efs_file_system.this.id

  posix_user {
    uid = 10001
    gid = 10001
  }

  root_directory {
    path = "/registry"
    creation_info {
      owner_uid   = 10001
      owner_gid   = 10001
      permissions = "0700"
    }
  }
}

locals {
  mount = [{
    Sid       = "MountItsFiles"
    Effect    = "Allow"
    Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    Resource  = [aws_efs_file_system.this.arn]
    Condition = { ArnEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.this.arn } }
  }]
}

resource "aws_efs_file_system_policy" "this" {
  file_system_id = aws_efs_file_system.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTheRegistry"
        Effect    = "Allow"
        Principal = { AWS = module.task.task_role_arn }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = aws_efs_file_system.this.arn
        Condition = { ArnEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.this.arn } }
      },
      {
        Sid       = "OnlyByTls"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = aws_efs_file_system.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
