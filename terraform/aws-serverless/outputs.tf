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
  description = "How the brokers are reached (IAM over TLS) and named. Where they are is not told."
  value = {
    kind              = "serverless"
    cluster_arn       = module.kafka.cluster_arn
    bootstrap_brokers = split(",", module.kafka.bootstrap_brokers)
    zones             = keys(module.platform.subnet_by_zone)
  }
}

output "mysql" {
  description = "How the database is reached (IAM over TLS) and named. Zones are those of the instances when Terraform last looked."
  value = {
    kind             = "aurora-cluster"
    id               = module.mysql.cluster_id
    arns             = concat([module.mysql.cluster_arn], module.mysql.instance_arns)
    instance_ids     = module.mysql.instance_ids
    resource_id      = module.mysql.resource_id
    writer_address   = module.mysql.writer_address
    reader_address   = module.mysql.reader_address
    port             = module.mysql.port
    zones            = values(module.mysql.zones)
    owner            = "rlab_owner"
    owner_secret_arn = module.mysql.owner_secret_arn
  }
}

output "redis" {
  description = "How the cache is reached (IAM over TLS) and named, and who its users are. Clients have to speak cluster mode."
  value = {
    kind            = "serverless"
    id              = module.redis.cache_name
    arn             = module.redis.arn
    cluster_mode    = true
    primary_address = module.redis.address
    reader_address  = module.redis.reader_address
    port            = module.redis.port
    member_ids      = []
    zones           = keys(module.platform.subnet_by_zone)
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
