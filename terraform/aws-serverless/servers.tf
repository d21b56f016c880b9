# The servers that drills break, as far as AWS lets them.

module "kafka" {
  source            = "../modules/kafka-serverless"
  lab               = module.platform.lab
  subnet_ids        = values(module.platform.subnet_by_zone)
  security_group_id = module.platform.security_group_ids["kafka"]
}

module "mysql" {
  source              = "../modules/aurora"
  lab                 = module.platform.lab
  engine_version      = var.mysql.version
  capacity            = var.mysql.capacity
  max_connections     = var.mysql.max_connections
  slow_query_seconds  = var.mysql.slow_query_seconds
  deletion_protection = var.mysql.deletion_protection
  skip_final_snapshot = var.mysql.skip_final_snapshot
  subnet_by_zone      = module.platform.subnet_by_zone
  security_group_id   = module.platform.security_group_ids["mysql"]
}

module "redis_users" {
  source = "../modules/redis-users"
  lab    = module.platform.lab
}

module "redis" {
  source            = "../modules/redis-serverless"
  lab               = module.platform.lab
  limits            = var.redis
  subnet_ids        = values(module.platform.subnet_by_zone)
  security_group_id = module.platform.security_group_ids["redis"]
  user_group_id     = module.redis_users.group_id
}

locals {
  server_log_groups = { for log, group in module.mysql.log_groups : "mysql-${log}" => group }
  alarm_arns        = merge(module.mysql.alarm_arns, module.redis.alarm_arns)
}
