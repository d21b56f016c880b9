# Doors to AWS's own APIs, so that tasks need no way to the internet.

locals {
  # A door per zone is charged per zone; a lab that loses one zone can do without its logs.
  subnet_ids = slice(var.subnet_ids, 0, var.zone_count)
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = var.services
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.lab.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = local.subnet_ids
  security_group_ids  = [var.security_group_id]
  tags                = { Name = "${var.lab.prefix}-${each.value}" }
}

# Free, and the road of every image layer: ECR keeps them in S3.
resource "aws_vpc_endpoint" "s3" {
  count             = length(var.route_table_ids) > 0 ? 1 : 0
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${var.lab.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.route_table_ids
  tags              = { Name = "${var.lab.prefix}-s3" }
}
