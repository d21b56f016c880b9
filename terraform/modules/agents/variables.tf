variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    region             = string
    account_id         = string
    boundary_arn       = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "agents" {
  description = "Agent → where it listens and what it gets."
  type = map(object({
    port = number
    size = object({ cpu = number, memory_mib = number })
  }))
}

variable "images" {
  description = "Agent → its image."
  type        = map(object({ url = string, repository_arn = string, digest = string }))
}

variable "secret_arns" {
  description = "Agent → its configuration."
  type        = map(string)
}

variable "statements" {
  description = "Agent → what it may do."
  type        = any
}

variable "cluster" {
  description = "Where services run and are named."
  type        = object({ arn = string, namespace_id = string })
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
}

variable "subnet_ids" {
  description = "Where tasks may be placed."
  type        = list(string)
}

variable "security_group_id" {
  description = "The agents' group."
  type        = string
}
