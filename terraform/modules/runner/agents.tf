# What the runner does with agents: it configures, starts, counts and kills them.

locals {
  ecs = "arn:${var.lab.partition}:ecs:${var.lab.region}:${var.lab.account_id}"

  agents = [
    {
      Sid      = "ConfigureAgents"
      Effect   = "Allow"
      Action   = ["secretsmanager:PutSecretValue"]
      Resource = [for name, arn in var.secret_arns : arn if name != "runner"]
    },
    {
      Sid      = "RestartAgents"
      Effect   = "Allow"
      Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
      Resource = values(var.service_arns)
    },
    {
      Sid      = "KillAgents"
      Effect   = "Allow"
      Action   = ["ecs:DescribeTasks", "ecs:StopTask"]
      Resource = ["${local.ecs}:task/${var.lab.prefix}/*"]
    },
    {
      Sid       = "ListAgents"
      Effect    = "Allow"
      Action    = ["ecs:ListTasks"]
      Resource  = ["*"]
      Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
    },
  ]
}
