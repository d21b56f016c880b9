# The servers: what they may grow to, since use is what is charged.

variable "mysql" {
  description = "Version and capacity units of the database, and what counts as slow."
  type = object({
    version             = optional(string, "8.0.mysql_aurora.3.08.2")
    capacity            = optional(object({ min = number, max = number }), { min = 0.5, max = 2 })
    max_connections     = optional(number, 200)
    slow_query_seconds  = optional(number, 0.2)
    deletion_protection = optional(bool, false)
    skip_final_snapshot = optional(bool, true)
  })
  default = {}
}

variable "redis" {
  description = "Most data, GiB, and most capacity units per second of the cache."
  type = object({
    data_gib        = optional(number, 1)
    ecpu_per_second = optional(number, 5000)
  })
  default = {}
}
