variable "agents" {
  description = "Names of the agents; each has a user of its name in MySQL."
  type        = set(string)
}

variable "kafka_cluster_arn" {
  description = "Cluster of the lab, provisioned or serverless."
  type        = string
}

variable "mysql_user_arn_prefix" {
  description = "What rds-db:connect names, up to the user."
  type        = string
}

variable "redis_arn" {
  description = "Replication group or serverless cache."
  type        = string
}

variable "redis_user_arns" {
  description = "Who → user in the cache."
  type        = map(string)
}
