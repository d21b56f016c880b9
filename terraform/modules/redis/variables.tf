variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "node_type" {
  description = "Type of each node."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node types begin with cache."
  }
}

variable "nodes" {
  description = "The primary and its replicas."
  type        = number

  validation {
    condition     = var.nodes >= 2 && var.nodes <= 3
    error_message = "failover needs a replica in another zone, and there are three zones: 2 or 3 nodes"
  }
}

variable "port" {
  description = "Port of every node."
  type        = number
}

variable "slow_command_us" {
  description = "From how many microseconds on a command is logged as slow."
  type        = number
}

variable "subnet_by_zone" {
  description = "Zone → subnet."
  type        = map(string)
}

variable "security_group_id" {
  description = "The cache's group."
  type        = string
}

variable "user_group_id" {
  description = "Who is let in."
  type        = string
}
