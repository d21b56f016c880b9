# One security group per purpose. Who may speak to whom is the table `flows`, and nothing else is open.

locals {
  groups = {
    agents    = "the pipeline's services"
    runner    = "the task that runs drills"
    registry  = "the schema registry"
    kafka     = "the brokers"
    mysql     = "the database"
    redis     = "the cache"
    storage   = "the registry's file system"
    endpoints = "doors to AWS's APIs"
  }

  callers = ["agents", "runner"]
  tasks   = ["agents", "runner", "registry"]

  flows = merge(
    { for from in local.callers : "${from}-kafka" => { from = from, to = "kafka", port = var.ports.kafka } },
    { for from in local.callers : "${from}-mysql" => { from = from, to = "mysql", port = var.ports.mysql } },
    { for from in local.callers : "${from}-registry" => { from = from, to = "registry", port = var.ports.registry } },
    merge([
      for port in var.ports.redis : {
        for from in local.callers : "${from}-redis-${port}" => { from = from, to = "redis", port = port }
      }
    ]...),
    { for name, port in var.ports.agents : "runner-${name}" => { from = "runner", to = "agents", port = port } },
    { registry-storage = { from = "registry", to = "storage", port = 2049 } },
    { for from in local.tasks : "${from}-endpoints" => { from = from, to = "endpoints", port = 443 } },
  )
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:each group is attached by the room that uses it, out of sight of a scan of this one
  for_each    = local.groups
  name        = "${var.lab.prefix}-${each.key}"
  description = each.value
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.lab.prefix}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each                     = local.flows
  description                  = each.key
  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each                     = local.flows
  description                  = each.key
  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
