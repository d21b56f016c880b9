# The servers that drills break.

module "kafka" {
  source            = "../modules/kafka"
  lab               = module.platform.lab
  kafka_version     = var.kafka.version
  instance_type     = var.kafka.instance_type
  volume_gib        = var.kafka.volume_gib
  subnet_ids        = values(module.platform.subnet_by_zone)
  security_group_id = module.platform.security_group_ids["kafka"]
}

module "mysql" {
  source              = "../modules/mysql"
  lab                 = module.platform.lab
  engine_version      = var.mysql.version
  instance_class      = var.mysql.instance_class
  storage_gib         = var.mysql.storage_gib
  max_connections     = var.mysql.max_connections
  slow_query_seconds  = var.mysql.slow_query_seconds
  deletion_protection = var.mysql.deletion_protection
  skip_final_snapshot = var.mysql.skip_final_snapshot
  subnet_ids          = values(module.platform.subnet_by_zone)
  security_group_id   = module.platform.security_group_ids["mysql"]
}

module "redis_users" {
  source = "../modules/redis-users"
  lab    = module.platform.lab
}

module "redis" {
  source            = "../modules/redis"
  lab               = module.platform.lab
  node_type         = var.redis.node_type
  nodes             = var.redis.nodes
  port              = var.redis.port
  slow_command_us   = var.redis.slow_command_us
  subnet_by_zone    = module.platform.subnet_by_zone
  security_group_id = module.platform.security_group_ids["redis"]
  user_group_id     = module.redis_users.group_id
}

locals {
  server_log_groups = merge(
    { kafka = module.kafka.log_group, redis-slow = module.redis.log_group },
    { for log, group in module.mysql.log_groups : "mysql-${log}" => group },
  )

  alarm_arns = merge(module.kafka.alarm_arns, module.mysql.alarm_arns, module.redis.alarm_arns)
}
