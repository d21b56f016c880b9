# The most that any role of any lab can ever do, whatever its own policies say.

resource "aws_iam_policy" "boundary" {
  name        = "rlab-boundary"
  description = "bounds every role of every lab"
  policy      = jsonencode({ Version = "2012-10-17", Statement = concat(local.allowed, local.forbidden) })
}

locals {
  arn = "arn:${data.aws_partition.this.partition}"
  own = "${var.region}:${var.account_id}"

  allowed = [
    {
      Sid      = "ServersOfLabs"
      Effect   = "Allow"
      Action   = ["kafka-cluster:*", "kafka:Describe*", "kafka:List*", "kafka:GetBootstrapBrokers", "kafka:RebootBroker"]
      Resource = ["${local.arn}:kafka:${local.own}:*/rlab-*"]
    },
    {
      Sid      = "UsersOfDatabases"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = ["${local.arn}:rds-db:${local.own}:dbuser:*/*"]
    },
    {
      Sid    = "DatabasesAndCachesOfLabs"
      Effect = "Allow"
      Action = [
        "rds:RebootDBInstance",
        "rds:FailoverDBCluster",
        "rds:DownloadDBLogFilePortion",
        "elasticache:Connect",
        "elasticache:TestFailover",
        "elasticache:InterruptClusterAzPower",
      ]
      Resource = [
        "${local.arn}:rds:${local.own}:*:rlab-*",
        "${local.arn}:elasticache:${local.own}:*:rlab-*",
      ]
    },
    {
      Sid    = "TasksOfLabs"
      Effect = "Allow"
      Action = [
        "ecs:DescribeServices",
        "ecs:UpdateService",
        "ecs:DescribeTasks",
        "ecs:StopTask",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:DescribeLogStreams",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientWrite",
        "cloudwatch:DescribeAlarms",
      ]
      Resource = [
        "${local.arn}:ecs:${local.own}:*/rlab-*",
        "${local.arn}:logs:${local.own}:log-group:/rlab/*",
        "${local.arn}:logs:${local.own}:log-group:/aws/rds/*/rlab-*",
        "${local.arn}:secretsmanager:${local.own}:secret:rlab-*",
        "${local.arn}:secretsmanager:${local.own}:secret:rds!*",
        "${local.arn}:ecr:${local.own}:repository/rlab-*",
        "${local.arn}:elasticfilesystem:${local.own}:file-system/*",
        "${local.arn}:cloudwatch:${local.own}:alarm:rlab-*",
      ]
    },
    {
      Sid      = "Experiments"
      Effect   = "Allow"
      Action   = ["fis:StartExperiment", "fis:GetExperiment", "fis:StopExperiment", "fis:GetExperimentTemplate"]
      Resource = ["${local.arn}:fis:${local.own}:experiment-template/*", "${local.arn}:fis:${local.own}:experiment/*"]
    },
    {
      Sid      = "Keys"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = ["${local.arn}:kms:${local.own}:key/*"]
      Condition = { StringEquals = { "kms:ViaService" = [
        "secretsmanager.${var.region}.amazonaws.com", "s3.${var.region}.amazonaws.com",
      ] } }
    },
    {
      Sid      = "Evidence"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.arn}:s3:::rlab-evidence-${var.account_id}-*/*"]
    },
    # None of these can be limited to resources; all of them only look, or log in to a registry.
    {
      Sid    = "Looking"
      Effect = "Allow"
      Action = [
        "ecr:GetAuthorizationToken",
        "ecs:ListTasks",
        "cloudwatch:GetMetricData",
        "cloudwatch:DescribeAlarms",
        "rds:Describe*",
        "elasticache:Describe*",
        "tag:GetResources",
      ]
      Resource = ["*"]
    },
  ]

  # Said although nothing above allows it: a boundary is what somebody reads to be sure.
  forbidden = [{
    Sid      = "NeverWhoMayDoWhat"
    Effect   = "Deny"
    Action   = ["iam:*", "organizations:*", "account:*", "sts:AssumeRole"]
    Resource = ["*"]
  }]
}
