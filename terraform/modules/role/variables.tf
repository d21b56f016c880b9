variable "lab" {
  description = "What every part of one lab shares."
  type        = object({ prefix = string, account_id = string, boundary_arn = string })
}

variable "name" {
  description = "Name of the role within the lab."
  type        = string

  validation {
    condition     = length("${var.lab.prefix}-${var.name}") <= 64
    error_message = "a role's name has at most 64 characters"
  }
}

variable "description" {
  description = "What the role is for."
  type        = string
}

variable "service" {
  description = "Who may take the role, for example ecs-tasks.amazonaws.com."
  type        = string
}

variable "statements" {
  description = "What the role may do, as statements of an IAM policy."
  type        = any
}
