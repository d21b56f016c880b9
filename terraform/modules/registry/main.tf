# The schema registry: the same Apicurio as in a local lab, one task on files of its own.

locals {
  data = "/data"
  settings = {
    APICURIO_STORAGE_KIND     = "sql"
    APICURIO_STORAGE_SQL_KIND = "h2"
    APICURIO_DATASOURCE_URL   = "jdbc:h2:file:${local.data}/registry"
    QUARKUS_HTTP_HOST         = "0.0.0.0"
    QUARKUS_HTTP_PORT         = tostring(var.port)
    QUARKUS_MANAGEMENT_HOST   = "127.0.0.1"
  }
}

module "task" {
  source           = "../task"
  lab              = var.lab
  name             = "registry"
  image            = var.image
  size             = var.size
  cpu_architecture = var.cpu_architecture
  port             = var.port
  environment      = local.settings
  statements       = local.mount

  storage = {
    file_system_id  = aws_efs_file_system.this.id
    access_point_id = aws_efs_access_point.this.id
    path            = local.data
  }
}

module "service" {
  source            = "../service"
  name              = "registry"
  cluster_arn       = var.cluster.arn
  definition_arn    = module.task.definition_arn
  namespace_id      = var.cluster.namespace_id
  subnet_ids        = values(var.subnet_by_zone)
  security_group_id = var.security_group_ids.registry
  depends_on        = [aws_efs_mount_target.zone]
}
