variable "lab" {
  description = "Whom names are made for."
  type        = object({ prefix = string })
}

variable "subnet_ids" {
  description = "One subnet per zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "MSK Serverless needs subnets in at least two zones"
  }
}

variable "security_group_id" {
  description = "The brokers' group."
  type        = string
}
