# Where each part listens. Agents and registry have the ports of a local lab.

locals {
  ports = {
    kafka    = 9098
    mysql    = 3306
    redis    = var.redis_ports
    registry = 18091
    agents = {
      command-service  = 18080
      query-service    = 18081
      outbox-relay     = 18082
      consumer-service = 18083
    }
  }
}
