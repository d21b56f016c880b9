# One Fargate task: what it runs, as whom, with which configuration, and where it logs.

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.lab.prefix}-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory_mib
  execution_role_arn       = module.execution_role.arn
  task_role_arn            = module.task_role.arn
  container_definitions    = jsonencode([local.container])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  # The root of every container is read-only; this is the only place to write.
  volume {
    name = "scratch"
  }

  dynamic "volume" {
    for_each = var.storage[*]
    content {
      name = "storage"
      efs_volume_configuration {
        file_system_id     = volume.value.file_system_id
        transit_encryption = "ENABLED"
        authorization_config {
          access_point_id = volume.value.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:a lab's logs go into its evidence; a year in CloudWatch would outlive every use
  name              = "/rlab/${var.lab.name}/${var.name}"
  retention_in_days = var.lab.log_retention_days
  kms_key_id        = var.lab.key_arn
}
