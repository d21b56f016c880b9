# One key for everything a lab keeps at rest: a key is charged by the month, and they all die together.

resource "aws_kms_key" "lab" {
  description             = "everything at rest in lab ${var.lab.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = jsonencode(local.policy)
}

resource "aws_kms_alias" "lab" {
  name          = "alias/${var.lab.prefix}"
  target_key_id = aws_kms_key.lab.key_id
}

locals {
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByItsOwnPolicies"
        Effect    = "Allow"
        Principal = { AWS = "arn:${var.lab.partition}:iam::${var.lab.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogGroupsOfThisLab"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.lab.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
          for path in ["/rlab/${var.lab.name}/*", "/aws/rds/*/${var.lab.prefix}*"] :
          "arn:${var.lab.partition}:logs:${var.lab.region}:${var.lab.account_id}:log-group:${path}"
        ] } }
      },
    ]
  }
}
