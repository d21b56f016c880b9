variable "lab" {
  description = "Whom names are made for, and where."
  type        = object({ prefix = string, region = string })
}

variable "vpc_id" {
  description = "The VPC of the groups."
  type        = string
}

variable "ports" {
  description = "Where each part listens; the cache may have a second port for its readers."
  type = object({
    kafka    = number
    mysql    = number
    redis    = set(number)
    registry = number
    agents   = map(number)
  })
}

variable "https_cidrs" {
  description = "Addresses beyond the lab's own endpoints that tasks may reach by HTTPS."
  type        = set(string)

  validation {
    condition     = alltrue([for cidr in var.https_cidrs : can(cidrhost(cidr, 0))])
    error_message = "https_cidrs must be blocks like 10.0.0.0/16"
  }
}

variable "prefix_lists" {
  description = "Whether rules can name prefix lists. AWS's can; an API in rehearsal forgets them."
  type        = bool
}
