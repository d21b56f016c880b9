# Two roles: ECS takes the first to start the task, the task itself has only the second.

module "execution_role" {
  source      = "../role"
  lab         = var.lab
  name        = "${var.name}-start"
  description = "starts ${var.name} of lab ${var.lab.name}: image, configuration, log"
  service     = "ecs-tasks.amazonaws.com"
  statements  = concat(local.start, [for statement in local.read : statement if length(var.secrets) > 0])
}

module "task_role" {
  source      = "../role"
  lab         = var.lab
  name        = var.name
  description = "what ${var.name} of lab ${var.lab.name} may do"
  service     = "ecs-tasks.amazonaws.com"
  statements  = var.statements
}

locals {
  start = [
    {
      Sid      = "RegistryLogin"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"]
    },
    {
      Sid      = "PullImage"
      Effect   = "Allow"
      Action   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
      Resource = [var.image.repository_arn]
    },
    {
      Sid      = "Log"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
    },
  ]

  read = [
    {
      Sid      = "ReadConfiguration"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = values(var.secrets)
    },
    {
      Sid       = "DecryptConfiguration"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.lab.key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.lab.region}.amazonaws.com" } }
    },
  ]
}
