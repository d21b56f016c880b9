# Where tasks run, and where they find each other by name.

resource "aws_ecs_cluster" "lab" {
  #checkov:skip=CKV_AWS_65:container insights are charged per metric; drills measure at the client
  name = local.identity.prefix

  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}

resource "aws_service_discovery_private_dns_namespace" "lab" {
  name        = "${var.name}.rlab.internal"
  description = "lab ${var.name}"
  vpc         = module.network.vpc_id
}
