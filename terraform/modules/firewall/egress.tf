# Where tasks may speak HTTPS besides the lab's own doors.

data "aws_ec2_managed_prefix_list" "s3" {
  count = var.prefix_lists ? 1 : 0
  name  = "com.amazonaws.${var.lab.region}.s3"
}

# Image layers and evidence: addresses of S3 in this region, which a gateway endpoint does not hide.
resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each          = toset(var.prefix_lists ? local.tasks : [])
  description       = "${each.value}-s3"
  security_group_id = aws_security_group.this[each.value].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.s3[0].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

locals {
  elsewhere = {
    for pair in setproduct(local.tasks, var.https_cidrs) : "${pair[0]}-${pair[1]}" => { from = pair[0], cidr = pair[1] }
  }
}

# For a VPC that brings its own endpoints or NAT: their groups are not ours to refer to.
resource "aws_vpc_security_group_egress_rule" "elsewhere" {
  for_each          = local.elsewhere
  description       = each.key
  security_group_id = aws_security_group.this[each.value.from].id
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
