variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "kafka_version" {
  description = "Version as MSK names it, for example 3.8.x."
  type        = string
}

variable "instance_type" {
  description = "Instance type of each broker."
  type        = string

  validation {
    condition     = startswith(var.instance_type, "kafka.")
    error_message = "broker instance types begin with kafka."
  }
}

variable "volume_gib" {
  description = "Disk of each broker, GiB."
  type        = number

  validation {
    condition     = var.volume_gib >= 1 && var.volume_gib <= 16384
    error_message = "MSK takes 1 to 16384 GiB per broker"
  }
}

variable "subnet_ids" {
  description = "One subnet per zone; a broker goes into each."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == 3
    error_message = "replication factor 3 needs three zones"
  }
}

variable "security_group_id" {
  description = "The brokers' group."
  type        = string
}
