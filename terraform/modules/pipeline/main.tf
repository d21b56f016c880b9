# What runs on the servers: agents, their registry, and the runner that breaks it all.

module "access" {
  source            = "../access"
  lab               = var.lab
  agents            = keys(var.ports.agents)
  kafka_cluster_arn = var.servers.kafka_cluster_arn
  mysql_resource_id = var.servers.mysql_resource_id
  redis_arn         = var.servers.redis_arn
}

module "agents" {
  source            = "../agents"
  lab               = var.lab
  agents            = { for name, port in var.ports.agents : name => { port = port, size = var.task_sizes[name] } }
  images            = var.images
  secret_arns       = var.secret_arns
  statements        = module.access.statements
  cluster           = var.cluster
  cpu_architecture  = var.cpu_architecture
  subnet_ids        = values(var.subnet_by_zone)
  security_group_id = var.security_group_ids.agents
}

module "registry" {
  source             = "../registry"
  lab                = var.lab
  image              = var.images["registry"]
  size               = var.task_sizes["registry"]
  port               = var.ports.registry
  cluster            = var.cluster
  cpu_architecture   = var.cpu_architecture
  subnet_by_zone     = var.subnet_by_zone
  security_group_ids = var.security_group_ids
}

module "runner" {
  source            = "../runner"
  lab               = var.lab
  image             = var.images["runner"]
  size              = var.task_sizes["runner"]
  cpu_architecture  = var.cpu_architecture
  secret_arns       = var.secret_arns
  kafka_cluster_arn = var.servers.kafka_cluster_arn
  mysql_resource_id = var.servers.mysql_resource_id
  owner_secret_arn  = var.servers.owner_secret_arn
  redis_arn         = var.servers.redis_arn
  log_group_arns    = [for name in values(local.log_groups) : "${local.logs}:log-group:${name}"]
  alarm_arns        = var.alarm_arns
  evidence          = var.evidence
  fault_statements  = var.fault_statements
}

locals {
  logs         = "arn:${var.lab.partition}:logs:${var.lab.region}:${var.lab.account_id}"
  tasks        = merge(module.agents.tasks, { registry = module.registry.task })
  service_arns = merge(module.agents.service_arns, { registry = module.registry.service_arn })
  log_groups   = merge(var.server_log_groups, { for name, task in local.tasks : name => task.log_group })
}
