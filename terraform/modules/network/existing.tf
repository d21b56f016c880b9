# A VPC that was there before: looked at, never changed.

locals {
  given = var.existing == null ? [] : var.existing.subnet_ids
}

data "aws_vpc" "existing" {
  count = var.existing == null ? 0 : 1
  id    = var.existing.vpc_id
}

data "aws_subnet" "existing" {
  for_each = toset(local.given)
  id       = each.value

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.existing.vpc_id
      error_message = "subnet ${each.value} is not in ${var.existing.vpc_id}"
    }
  }
}

locals {
  existing_by_zone = { for subnet in data.aws_subnet.existing : subnet.availability_zone => subnet.id... }
}
