variable "lab" {
  description = "Whom names are made for."
  type        = object({ prefix = string })
}

variable "cidr" {
  description = "Addresses of the VPC. Each zone gets a sixteenth."
  type        = string
}

variable "zones" {
  description = "Names of three zones; empty for the first three of the region."
  type        = list(string)

  validation {
    condition     = contains([0, 3], length(var.zones)) && length(distinct(var.zones)) == length(var.zones)
    error_message = "name three different zones, or none"
  }
}

variable "existing" {
  description = "A VPC to move into, with one private subnet in each of three zones; null to make one."
  type        = object({ vpc_id = string, subnet_ids = list(string) })

  validation {
    condition     = var.existing == null ? true : length(distinct(var.existing.subnet_ids)) == 3
    error_message = "an existing VPC needs three different subnets, one per zone"
  }
}
