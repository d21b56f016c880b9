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

variable "servers" {
  description = "What the tasks have to be let into."
  type = object({
    kafka_cluster_arn = string
    mysql_resource_id = string
    owner_secret_arn  = string
    redis_arn         = string
  })
}

variable "ports" {
  description = "Where agents and registry listen."
  type        = object({ registry = number, agents = map(number) })
}

variable "task_sizes" {
  description = "Task → processor units and memory, MiB."
  type        = map(object({ cpu = number, memory_mib = number }))
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64, as the images were built for."
  type        = string

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "Fargate runs X86_64 and ARM64"
  }
}

variable "images" {
  description = "Task → its image."
  type        = map(object({ url = string, repository_arn = string, digest = string }))
}

variable "secret_arns" {
  description = "Task → its configuration."
  type        = map(string)
}

variable "cluster" {
  description = "Where tasks run and are named."
  type        = object({ arn = string, namespace_id = string })
}

variable "subnet_by_zone" {
  description = "Zone → subnet."
  type        = map(string)
}

variable "security_group_ids" {
  description = "Purpose → security group."
  type        = object({ agents = string, runner = string, registry = string, storage = string })
}

variable "server_log_groups" {
  description = "Logs of the servers: what → log group."
  type        = map(string)
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
