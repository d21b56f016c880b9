# What the runner looks at while a drill runs, and where it puts what it saw.

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

  evidence = flatten([
    for store in var.evidence[*] : [
      {
        Sid      = "StoreEvidence"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${store.bucket_arn}/labs/${var.lab.name}/*"]
      },
      {
        Sid       = "EncryptEvidence"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = [store.key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.lab.region}.amazonaws.com" } }
      },
    ]
  ])
}
