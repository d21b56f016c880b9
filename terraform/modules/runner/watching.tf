# What the runner looks at while a drill runs.

locals {
  watching = [
    {
      Sid      = "ReadLogsOfTheLab"
      Effect   = "Allow"
      Action   = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:DescribeLogStreams"]
      Resource = [for arn in var.log_group_arns : "${arn}:*"]
    },
    # Neither of these can be limited to resources.
    {
      Sid      = "ReadMetricsAndEvents"
      Effect   = "Allow"
      Action   = ["cloudwatch:GetMetricData", "rds:DescribeEvents", "elasticache:DescribeEvents"]
      Resource = ["*"]
    },
    {
      Sid      = "ReadAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms"]
      Resource = var.alarm_arns
    },
  ]
}
