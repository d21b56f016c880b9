# What it takes to describe the lab to its own tools. Names that mean the same are the same in every root.

output "lab" {
  description = "Name, prefix of all names, region, account, partition and expiry."
  value = {
    name       = var.lab
    prefix     = module.platform.lab.prefix
    region     = var.region
    account_id = var.account_id
    partition  = module.platform.lab.partition
    expiry     = terraform_data.lifetime.output
  }
}

output "network" {
  description = "VPC, subnet of each zone, security group of each purpose."
  value = {
    vpc_id             = module.platform.vpc_id
    subnet_by_zone     = module.platform.subnet_by_zone
    security_group_ids = module.platform.security_group_ids
  }
}

output "kafka" {
  description = "How brokers are reached (IAM over TLS) and named. One broker stands in each zone; ListNodes says which."
  value = {
    kind              = "provisioned"
    cluster_arn       = module.kafka.cluster_arn
    bootstrap_brokers = split(",", module.kafka.bootstrap_brokers)
    zones             = keys(module.platform.subnet_by_zone)
  }
}

output "mysql" {
  description = "How the database is reached (IAM over TLS) and named. Writer and reader are the same: the standby answers nobody."
  value = {
    kind             = "multi-az-instance"
    id               = module.mysql.instance_id
    arns             = [module.mysql.instance_arn]
    instance_ids     = [module.mysql.instance_id]
    resource_id      = module.mysql.resource_id
    writer_address   = module.mysql.address
    reader_address   = module.mysql.address
    port             = module.mysql.port
    zones            = [module.mysql.zone]
    owner            = "rlab_owner"
    owner_secret_arn = module.mysql.owner_secret_arn
  }
}

output "redis" {
  description = "How the cache is reached (IAM over TLS) and named, and who its users are."
  value = {
    kind            = "replication-group"
    id              = module.redis.replication_group_id
    arn             = module.redis.arn
    cluster_mode    = false
    primary_address = module.redis.primary_address
    reader_address  = module.redis.reader_address
    port            = module.redis.port
    member_ids      = module.redis.member_ids
    zones           = module.redis.zones
    user_ids        = module.redis_users.user_ids
  }
}

output "tasks" {
  description = "Per task: definition, roles, log group, repository to push to, secret to write, service to scale, host name and port. Null where a task has none."
  value = {
    for name, task in module.pipeline.tasks : name => {
      definition_arn     = task.definition_arn
      task_role_arn      = task.task_role_arn
      execution_role_arn = task.execution_role_arn
      log_group          = task.log_group
      repository_url     = module.platform.images[name].url
      image_digest       = module.platform.images[name].digest
      secret_arn         = lookup(module.platform.secret_arns, name, null)
      service_arn        = lookup(module.pipeline.service_arns, name, null)
      host               = name == "runner" ? null : "${name}.${module.platform.cluster.domain}"
      port               = name == "registry" ? module.platform.ports.registry : lookup(module.platform.ports.agents, name, null)
    }
  }
}

output "cluster" {
  description = "ECS cluster: name and ARN."
  value       = { name = module.platform.cluster.name, arn = module.platform.cluster.arn }
}

output "log_groups" {
  description = "What → log group, of tasks and servers."
  value       = module.pipeline.log_groups
}

output "alarm_arns" {
  description = "What → alarm that can stop a drill. A name is what follows the last colon."
  value       = local.alarm_arns
}

output "experiments" {
  description = "Experiment → FIS template."
  value       = module.faults.template_ids
}

output "evidence" {
  description = "Where the runner stores evidence; null when it is fetched by hand."
  value       = var.evidence
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.dashboard.name
}

output "budgets" {
  description = "Names of the budgets."
  value       = module.budget.names
}
