variable "name" {
  description = "Name of the service, and its host name within the lab."
  type        = string
}

variable "cluster_arn" {
  description = "ECS cluster."
  type        = string
}

variable "definition_arn" {
  description = "Task definition to run."
  type        = string
}

variable "namespace_id" {
  description = "Where the name is entered."
  type        = string
}

variable "subnet_ids" {
  description = "Where its tasks may be placed."
  type        = list(string)
}

variable "security_group_id" {
  description = "The tasks' group."
  type        = string
}
