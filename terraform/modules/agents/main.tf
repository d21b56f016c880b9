# The pipeline's services. An agent finds everything it has to know in one variable, filled from its secret.

module "task" {
  source   = "../task"
  for_each = var.agents

  lab              = var.lab
  name             = each.key
  image            = var.images[each.key]
  size             = each.value.size
  cpu_architecture = var.cpu_architecture
  port             = each.value.port
  secrets          = { RLAB_AGENT_CONFIG_JSON = var.secret_arns[each.key] }
  statements       = var.statements[each.key]
}

module "service" {
  source   = "../service"
  for_each = var.agents

  name              = each.key
  cluster_arn       = var.cluster.arn
  definition_arn    = module.task[each.key].definition_arn
  namespace_id      = var.cluster.namespace_id
  subnet_ids        = var.subnet_ids
  security_group_id = var.security_group_id
}
