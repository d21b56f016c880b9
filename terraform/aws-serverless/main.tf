# A lab on servers that AWS sizes by itself: MSK Serverless, Aurora Serverless v2, ElastiCache Serverless.

module "platform" {
  source                   = "../modules/platform"
  name                     = var.lab
  region                   = var.region
  account_id               = var.account_id
  permissions_boundary_arn = var.permissions_boundary_arn
  key_deletion_window_days = var.key_deletion_window_days
  log_retention_days       = var.log_retention_days
  redis_ports              = [6379, 6380]
  image_digests            = var.image_digests

  network = {
    cidr           = var.cidr
    zones          = var.zones
    existing       = var.existing_network
    endpoints      = var.endpoints
    endpoint_zones = var.endpoint_zones
    https_cidrs    = var.https_cidrs
    prefix_lists   = !var.rehearsal
  }
}

module "pipeline" {
  source             = "../modules/pipeline"
  lab                = module.platform.lab
  ports              = module.platform.ports
  task_sizes         = var.task_sizes
  cpu_architecture   = var.cpu_architecture
  images             = module.platform.images
  secret_arns        = module.platform.secret_arns
  cluster            = module.platform.cluster
  subnet_by_zone     = module.platform.subnet_by_zone
  security_group_ids = module.platform.security_group_ids
  server_log_groups  = local.server_log_groups
  alarm_arns         = values(local.alarm_arns)
  evidence           = var.evidence
  fault_statements   = concat(local.direct_faults, local.experiment_faults)

  servers = {
    kafka_cluster_arn = module.kafka.cluster_arn
    mysql_resource_id = module.mysql.resource_id
    owner_secret_arn  = module.mysql.owner_secret_arn
    redis_arn         = module.redis.arn
  }
}
