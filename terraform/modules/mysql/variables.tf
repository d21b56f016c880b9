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
  description = "Series of MySQL, 8.0 or 8.4."
  type        = string

  validation {
    condition     = contains(["8.0", "8.4"], var.engine_version)
    error_message = "MySQL 8.0 and 8.4 are offered"
  }
}

variable "instance_class" {
  description = "Class of the instance and its standby."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance classes begin with db."
  }
}

variable "storage_gib" {
  description = "Disk, GiB."
  type        = number

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 65536
    error_message = "RDS takes 20 to 65536 GiB of gp3"
  }
}

variable "max_connections" {
  description = "Connections that MySQL accepts."
  type        = number
}

variable "slow_query_seconds" {
  description = "From how many seconds on a query is logged as slow."
  type        = number

  validation {
    condition     = var.slow_query_seconds >= 0 && var.slow_query_seconds <= 10
    error_message = "a query is slow from between 0 and 10 seconds on"
  }
}

variable "ca_certificate" {
  description = "Which of RDS's authorities signs the server's certificate."
  type        = string
  default     = "rds-ca-rsa2048-g1"
}

variable "deletion_protection" {
  description = "Whether the instance refuses to be deleted."
  type        = bool
}

variable "skip_final_snapshot" {
  description = "Whether the data is thrown away with the instance."
  type        = bool
}

variable "subnet_ids" {
  description = "Subnets the instance and its standby may live in."
  type        = list(string)
}

variable "security_group_id" {
  description = "The database's group."
  type        = string
}
