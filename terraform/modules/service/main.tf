# Keeps a task running under a name of its own. How many run is decided by whoever drives the lab: a service
# begins with none, since neither its image nor its configuration is there yet.

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = var.cluster_arn
  task_definition = var.definition_arn
  launch_type     = "FARGATE"
  desired_count   = 0
  propagate_tags  = "SERVICE"

  # Never one more than asked for: a drill counts instances, and the registry must be alone on its files.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  availability_zone_rebalancing      = "DISABLED"

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.this.arn
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_service_discovery_service" "this" {
  name         = var.name
  namespace_id = var.namespace_id
  # Instances of a task that died hard would otherwise keep the lab from going away.
  force_destroy = true

  dns_config {
    namespace_id   = var.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 5
    }
  }

  health_check_custom_config {
    failure_threshold = 1
  }
}
