# Where the lab lives.

variable "cidr" {
  description = "Addresses of the VPC that is made; each zone gets a sixteenth."
  type        = string
  default     = "10.42.0.0/20"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 2)) && try(tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "name a block of at least 1024 addresses, for example 10.42.0.0/20"
  }
}

variable "zones" {
  description = "Three zones by name; empty for the first three of the region."
  type        = list(string)
  default     = []
}

variable "existing_network" {
  description = "A VPC that is there, with one private subnet in each of three zones; null to make one."
  type        = object({ vpc_id = string, subnet_ids = list(string) })
  default     = null
}

variable "endpoints" {
  description = "AWS APIs that get a door in the VPC. The first four start tasks, the others are for the runner."
  type        = set(string)
  default = [
    "ecr.api", "ecr.dkr", "logs", "secretsmanager",
    "ecs", "elasticache", "fis", "kafka", "monitoring", "rds", "sts",
  ]
}

variable "endpoint_zones" {
  description = "Zones in which every door stands. Each is charged by itself."
  type        = number
  default     = 1
}

variable "https_cidrs" {
  description = "Addresses beyond the lab's own endpoints that tasks may reach by HTTPS, for a VPC with endpoints or NAT of its own."
  type        = set(string)
  default     = []
}
