# The one container. Empty lists are written out, since ECS answers with them and a plan would see a change.

locals {
  container = {
    name                   = var.name
    image                  = "${var.image.url}@${var.image.digest}"
    essential              = true
    command                = var.command
    readonlyRootFilesystem = true
    # The longest that Fargate has: a drill that is stopped undoes what it did.
    stopTimeout    = 120
    volumesFrom    = []
    systemControls = []

    environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets     = [for name, arn in var.secrets : { name = name, valueFrom = arn }]

    portMappings = [
      for port in var.port[*] : { containerPort = port, hostPort = port, protocol = "tcp" }
    ]

    mountPoints = concat(
      [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }],
      [for storage in var.storage[*] : { sourceVolume = "storage", containerPath = storage.path, readOnly = false }],
    )

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.lab.region
        awslogs-stream-prefix = var.name
      }
    }
  }
}
