variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    partition          = string
    region             = string
    account_id         = string
    boundary_arn       = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "image" {
  description = "Image of the runner."
  type        = object({ url = string, repository_arn = string, digest = string })
}

variable "size" {
  description = "Processor units and memory, MiB."
  type        = object({ cpu = number, memory_mib = number })
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
}

variable "secret_arns" {
  description = "Task → its configuration, the runner's among them."
  type        = map(string)
}

variable "kafka_cluster_arn" {
  description = "Cluster of the lab."
  type        = string
}

variable "mysql_resource_id" {
  description = "What rds-db:connect names the database by."
  type        = string
}

variable "owner_secret_arn" {
  description = "Password of the database's owner."
  type        = string
}

variable "redis_arn" {
  description = "Replication group or serverless cache."
  type        = string
}

variable "log_group_arns" {
  description = "Logs that a drill reads."
  type        = list(string)
}

variable "alarm_arns" {
  description = "Alarms that a drill heeds."
  type        = list(string)
}

variable "evidence" {
  description = "Where evidence is kept; null when it is fetched by hand."
  type        = object({ bucket_arn = string, key_arn = string })
}

variable "fault_statements" {
  description = "What the runner may break in this kind of lab, as statements of an IAM policy."
  type        = any
}
