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

variable "image" {
  description = "Image of the registry."
  type        = object({ url = string, repository_arn = string, digest = string })
}

variable "size" {
  description = "Processor units and memory, MiB."
  type        = object({ cpu = number, memory_mib = number })
}

variable "port" {
  description = "Where it listens."
  type        = number
}

variable "cluster" {
  description = "Where services run and are named."
  type        = object({ arn = string, namespace_id = string })
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
}

variable "subnet_by_zone" {
  description = "Zone → subnet; its files can be reached in each."
  type        = map(string)
}

variable "security_group_ids" {
  description = "Groups of the registry and of its files."
  type        = object({ registry = string, storage = string })
}
