# The only place where roles are made, so that none is without its boundary.

resource "aws_iam_role" "this" {
  name                 = "${var.lab.prefix}-${var.name}"
  description          = var.description
  permissions_boundary = var.lab.boundary_arn
  assume_role_policy   = jsonencode(local.trust)
}

locals {
  trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.service }
      Action    = "sts:AssumeRole"
      # The service may act for this account only, whoever asks it to.
      Condition = { StringEquals = { "aws:SourceAccount" = var.lab.account_id } }
    }]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = var.statements })
}
