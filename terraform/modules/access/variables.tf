variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name       = string
    prefix     = string
    partition  = string
    region     = string
    account_id = string
  })
}

variable "agents" {
  description = "Names of the agents; each has a policy of its name."
  type        = set(string)
}

variable "kafka_cluster_arn" {
  description = "Cluster of the lab, provisioned or serverless."
  type        = string
}

variable "mysql_resource_id" {
  description = "What rds-db:connect names the database by."
  type        = string
}

variable "redis_arn" {
  description = "Replication group or serverless cache."
  type        = string
}

variable "evidence" {
  description = "Where evidence is kept; null for those who keep none."
  type        = object({ bucket_arn = string, key_arn = string })
  default     = null
}
