variable "lab" {
  description = "Whom names are made for, and where."
  type        = object({ prefix = string, region = string })
}

variable "vpc_id" {
  description = "The VPC that gets the doors."
  type        = string
}

variable "subnet_ids" {
  description = "One subnet per zone."
  type        = list(string)
}

variable "zone_count" {
  description = "Zones with a door of their own."
  type        = number

  validation {
    condition     = var.zone_count >= 1 && var.zone_count <= length(var.subnet_ids)
    error_message = "endpoints need at least one zone and no more than there are subnets"
  }
}

variable "services" {
  description = "Short names of the services, as in com.amazonaws.<region>.<name>."
  type        = set(string)
}

variable "security_group_id" {
  description = "The group of the doors."
  type        = string
}

variable "route_table_ids" {
  description = "Tables that get the way to S3; empty when the VPC already has one."
  type        = list(string)
}
