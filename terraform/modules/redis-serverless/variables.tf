variable "lab" {
  description = "What every part of one lab shares."
  type        = object({ name = string, prefix = string, key_arn = string })
}

variable "limits" {
  description = "Most data, GiB, and most capacity units per second."
  type        = object({ data_gib = number, ecpu_per_second = number })

  validation {
    condition     = var.limits.data_gib >= 1 && var.limits.data_gib <= 5000
    error_message = "data_gib goes from 1 to 5000"
  }

  validation {
    condition     = var.limits.ecpu_per_second >= 1000 && var.limits.ecpu_per_second <= 15000000
    error_message = "ecpu_per_second goes from 1000 to 15000000"
  }
}

variable "subnet_ids" {
  description = "One subnet per zone."
  type        = list(string)
}

variable "security_group_id" {
  description = "The cache's group."
  type        = string
}

variable "user_group_id" {
  description = "Who is let in."
  type        = string
}
