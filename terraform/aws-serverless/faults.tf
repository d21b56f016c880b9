# What can be broken here, and by whom. Brokers and cache nodes are out of reach: only the database fails over.

locals {
  arn = "arn:${module.platform.lab.partition}"
  at  = "${var.region}:${var.account_id}"

  experiments = {
    mysql-failover = {
      description     = "the reader becomes the writer"
      action_id       = "aws:rds:failover-db-cluster"
      target_key      = "Clusters"
      resource_type   = "aws:rds:cluster"
      resource_arns   = [module.mysql.cluster_arn]
      stop_alarm_arns = [module.redis.alarm_arns["redis_throttled"], module.mysql.alarm_arns["mysql_capacity"]]
    }
  }

  experiments_may = [
    {
      Sid      = "FailOverDatabase"
      Effect   = "Allow"
      Action   = ["rds:FailoverDBCluster"]
      Resource = concat([module.mysql.cluster_arn], module.mysql.instance_arns)
    },
    {
      Sid      = "FindDatabase"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBClusters", "rds:DescribeDBInstances"]
      Resource = ["${local.arn}:rds:${local.at}:cluster:*", "${local.arn}:rds:${local.at}:db:*"]
    },
  ]
}

module "faults" {
  source      = "../modules/faults"
  lab         = module.platform.lab
  experiments = local.experiments
  statements  = local.experiments_may
}

locals {
  # What FIS has no action for, the runner does itself.
  direct_faults = [
    {
      Sid      = "Kafka"
      Effect   = "Allow"
      Action   = ["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"]
      Resource = [module.kafka.cluster_arn]
    },
    {
      Sid    = "Database"
      Effect = "Allow"
      Action = [
        "rds:FailoverDBCluster",
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "rds:DescribeDBLogFiles",
        "rds:DownloadDBLogFilePortion",
      ]
      Resource = concat([module.mysql.cluster_arn], module.mysql.instance_arns)
    },
    {
      Sid      = "Cache"
      Effect   = "Allow"
      Action   = ["elasticache:DescribeServerlessCaches"]
      Resource = [module.redis.arn]
    },
  ]

  experiment_faults = [{
    Sid    = "Experiments"
    Effect = "Allow"
    Action = ["fis:StartExperiment", "fis:GetExperiment", "fis:StopExperiment", "fis:GetExperimentTemplate"]
    Resource = concat(
      [for id in values(module.faults.template_ids) : "${local.arn}:fis:${local.at}:experiment-template/${id}"],
      ["${local.arn}:fis:${local.at}:experiment/*"],
    )
  }]
}
