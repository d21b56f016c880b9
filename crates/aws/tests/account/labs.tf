# A small lab: one of each of what is removed by tag in another way. Applied several times, each with a state of its
# own: for the lab whose state is lost, for another one, and for somebody who has no tag.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "endpoint" { type = string }
variable "name" { type = string }
variable "tags" { type = map(string) }
variable "block" { type = number }

locals {
  prefix = "rlab-${var.name}"
  zones  = { a = 0, b = 1 }
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "123456789012"
  secret_key                  = "rehearsal"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 2
  default_tags { tags = var.tags }

  endpoints {
    budgets          = var.endpoint
    cloudwatch       = var.endpoint
    ec2              = var.endpoint
    ecr              = var.endpoint
    ecs              = var.endpoint
    efs              = var.endpoint
    elasticache      = var.endpoint
    iam              = var.endpoint
    kms              = var.endpoint
    logs             = var.endpoint
    rds              = var.endpoint
    secretsmanager   = var.endpoint
    servicediscovery = var.endpoint
    sts              = var.endpoint
  }
}

resource "aws_vpc" "lab" {
  cidr_block = "10.${var.block}.0.0/16"
}

resource "aws_subnet" "zone" {
  for_each          = local.zones
  vpc_id            = aws_vpc.lab.id
  availability_zone = "eu-west-1${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.lab.cidr_block, 4, each.value)
}

resource "aws_route_table" "closed" {
  vpc_id = aws_vpc.lab.id
}

resource "aws_route_table_association" "zone" {
  for_each       = aws_subnet.zone
  subnet_id      = each.value.id
  route_table_id = aws_route_table.closed.id
}

resource "aws_security_group" "side" {
  for_each = toset(["agents", "kafka"])
  name     = "${local.prefix}-${each.key}"
  vpc_id   = aws_vpc.lab.id
}

# Each names the other.
resource "aws_vpc_security_group_egress_rule" "to" {
  security_group_id            = aws_security_group.side["agents"].id
  referenced_security_group_id = aws_security_group.side["kafka"].id
  ip_protocol                  = "tcp"
  from_port                    = 9098
  to_port                      = 9098
}

resource "aws_vpc_security_group_ingress_rule" "from" {
  security_group_id            = aws_security_group.side["kafka"].id
  referenced_security_group_id = aws_security_group.side["agents"].id
  ip_protocol                  = "tcp"
  from_port                    = 9098
  to_port                      = 9098
}

resource "aws_kms_key" "lab" {
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "lab" {
  name          = "alias/${local.prefix}"
  target_key_id = aws_kms_key.lab.key_id
}

resource "aws_secretsmanager_secret" "runner" {
  name                    = "${local.prefix}/runner"
  recovery_window_in_days = 0
}

resource "aws_cloudwatch_log_group" "runner" {
  name = "/rlab/${var.name}/runner"
}

resource "aws_ecr_repository" "runner" {
  name = "${local.prefix}/runner"
}

resource "aws_ecs_cluster" "lab" {
  name = local.prefix
}

resource "aws_efs_file_system" "registry" {
  creation_token = "${local.prefix}-registry"
}

resource "aws_efs_mount_target" "zone" {
  for_each       = aws_subnet.zone
  file_system_id = aws_efs_file_system.registry.id
  subnet_id      = each.value.id
}

resource "aws_efs_access_point" "registry" {
  file_system_id = aws_efs_file_system.registry.id

  posix_user {
    uid = 1001
    gid = 1001
  }

  root_directory {
    path = "/schemas"
    creation_info {
      owner_uid   = 1001
      owner_gid   = 1001
      permissions = "0750"
    }
  }
}

resource "aws_service_discovery_private_dns_namespace" "lab" {
  name = "${var.name}.rlab.internal"
  vpc  = aws_vpc.lab.id
}

resource "aws_service_discovery_service" "registry" {
  name         = "registry"
  namespace_id = aws_service_discovery_private_dns_namespace.lab.id

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.lab.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 5
    }
  }
}

resource "aws_elasticache_subnet_group" "lab" {
  name       = local.prefix
  subnet_ids = [for subnet in aws_subnet.zone : subnet.id]
}

resource "aws_iam_role" "runner" {
  name = "${local.prefix}-runner"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "runner" {
  name   = "runner"
  role   = aws_iam_role.runner.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

# In no index of tags.
resource "aws_budgets_budget" "lab" {
  for_each     = { daily = "DAILY", monthly = "MONTHLY" }
  name         = "${local.prefix}-${each.key}"
  budget_type  = "COST"
  time_unit    = each.value
  limit_unit   = "USD"
  limit_amount = "1.0"
}

# It cannot carry a tag.
resource "aws_cloudwatch_dashboard" "lab" {
  dashboard_name = local.prefix
  dashboard_body = jsonencode({ widgets = [] })
}
