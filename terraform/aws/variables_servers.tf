# The servers: the smallest that can do what a drill asks of them.

variable "kafka" {
  description = "Version, instance type and disk of each broker."
  type = object({
    version       = optional(string, "3.8.x")
    instance_type = optional(string, "kafka.t3.small")
    volume_gib    = optional(number, 10)
  })
  default = {}
}

variable "mysql" {
  description = "Series (8.0 or 8.4), class and disk of the database, and what counts as slow."
  type = object({
    version             = optional(string, "8.4")
    instance_class      = optional(string, "db.t4g.micro")
    storage_gib         = optional(number, 20)
    max_connections     = optional(number, 200)
    slow_query_seconds  = optional(number, 0.2)
    deletion_protection = optional(bool, false)
    skip_final_snapshot = optional(bool, true)
  })
  default = {}
}

variable "redis" {
  description = "Type and number of nodes, their port, and what counts as slow."
  type = object({
    node_type       = optional(string, "cache.t4g.micro")
    nodes           = optional(number, 2)
    port            = optional(number, 6379)
    slow_command_us = optional(number, 10000)
  })
  default = {}
}
