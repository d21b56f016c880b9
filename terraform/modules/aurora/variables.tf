variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "engine_version" {
  description = "Version of Aurora MySQL 3, for example 8.0.mysql_aurora.3.08.2."
  type        = string

  validation {
    condition     = can(regex("^8\\.0\\.mysql_aurora\\.3\\.[0-9]+\\.[0-9]+$", var.engine_version))
    error_message = "versions look like 8.0.mysql_aurora.3.08.2"
  }
}

variable "capacity" {
  description = "Least and most capacity units of each instance."
  type        = object({ min = number, max = number })

  validation {
    condition     = var.capacity.min >= 0.5 && var.capacity.max <= 128 && var.capacity.max >= max(1, var.capacity.min)
    error_message = "capacity units go from 0.5 to 128, the most at least 1 and no less than the least"
  }
}

variable "max_connections" {
  description = "Connections that each instance accepts."
  type        = number
}

variable "slow_query_seconds" {
  description = "From how many seconds on a query is logged as slow."
  type        = number
}

variable "ca_certificate" {
  description = "Which of RDS's authorities signs the servers' certificates."
  type        = string
  default     = "rds-ca-rsa2048-g1"
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
}

variable "skip_final_snapshot" {
  description = "Whether the data is thrown away with the cluster."
  type        = bool
}

variable "subnet_by_zone" {
  description = "Zone → subnet."
  type        = map(string)

  validation {
    condition     = length(var.subnet_by_zone) >= 2
    error_message = "a reader in another zone needs a second zone"
  }
}

variable "security_group_id" {
  description = "The database's group."
  type        = string
}
