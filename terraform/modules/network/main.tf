# A VPC over three zones without a way to the internet. Skipped when the lab moves into a VPC that is there.

locals {
  own = var.existing == null ? 1 : 0
}

# The default takes the first three, since names come sorted: the choice stays the same.
data "aws_availability_zones" "here" {
  count = local.own
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  chosen = local.own == 0 ? [] : coalescelist(var.zones, slice(data.aws_availability_zones.here[0].names, 0, 3))
}

resource "aws_vpc" "lab" {
  #checkov:skip=CKV2_AWS_11:a lab lives for hours and its clients write down every connection that matters to a drill
  count                = local.own
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.lab.prefix }
}

# Emptied: nothing may come by open doors through the group that AWS makes by itself.
resource "aws_default_security_group" "closed" {
  count  = local.own
  vpc_id = aws_vpc.lab[0].id
}

resource "aws_subnet" "zone" {
  for_each          = { for index, zone in local.chosen : zone => index }
  vpc_id            = aws_vpc.lab[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 4, each.value)
  tags              = { Name = "${var.lab.prefix}-${each.key}" }
}

# One table without a default route: what is not in the VPC or behind an endpoint cannot be reached.
resource "aws_route_table" "closed" {
  count  = local.own
  vpc_id = aws_vpc.lab[0].id
  tags   = { Name = var.lab.prefix }
}

resource "aws_route_table_association" "zone" {
  for_each       = aws_subnet.zone
  subnet_id      = each.value.id
  route_table_id = aws_route_table.closed[0].id
}
