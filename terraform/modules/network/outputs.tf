output "vpc_id" {
  description = "The VPC of the lab, made or found."
  value       = var.existing == null ? aws_vpc.lab[0].id : data.aws_vpc.existing[0].id
}

output "cidr" {
  description = "Addresses of the VPC."
  value       = var.existing == null ? aws_vpc.lab[0].cidr_block : data.aws_vpc.existing[0].cidr_block
}

output "subnet_by_zone" {
  description = "Zone → the subnet the lab uses there."
  value = (
    var.existing == null
    ? { for zone, subnet in aws_subnet.zone : zone => subnet.id }
    : { for zone, subnets in local.existing_by_zone : zone => subnets[0] }
  )

  precondition {
    condition     = var.existing == null || length(local.existing_by_zone) == 3
    error_message = "the three subnets lie in ${length(local.existing_by_zone)} zone(s); a lab needs one in each of three"
  }
}

output "route_table_ids" {
  description = "Tables a gateway endpoint has to be entered in; empty in an existing VPC."
  value       = aws_route_table.closed[*].id
}
