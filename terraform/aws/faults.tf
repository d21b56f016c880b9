# What can be broken here, and by whom.

locals {
  arn = "arn:${module.platform.lab.partition}"
  at  = "${var.region}:${var.account_id}"

  experiments = merge(
    {
      mysql-failover = {
        description     = "the database restarts in its standby's zone"
        action_id       = "aws:rds:reboot-db-instances"
        target_key      = "DBInstances"
        resource_type   = "aws:rds:db"
        resource_arns   = [module.mysql.instance_arn]
        parameters      = { forceFailover = "true" }
        stop_alarm_arns = concat(values(module.kafka.alarm_arns), values(module.redis.alarm_arns))
      }
    },
    {
      for zone in module.redis.zones : "redis-power-${zone}" => {
        description       = "the cache's node in ${zone} loses its power"
        action_id         = "aws:elasticache:replicationgroup-interrupt-az-power"
        target_key        = "ReplicationGroups"
        resource_type     = "aws:elasticache:replicationgroup"
        target_parameters = { availabilityZoneIdentifier = zone }
        parameters        = { duration = "PT5M" }
        stop_alarm_arns   = concat(values(module.kafka.alarm_arns), values(module.mysql.alarm_arns))
      }
    },
  )

  experiments_may = [
    {
      Sid      = "RebootDatabase"
      Effect   = "Allow"
      Action   = ["rds:RebootDBInstance"]
      Resource = [module.mysql.instance_arn]
    },
    {
      Sid      = "InterruptCache"
      Effect   = "Allow"
      Action   = ["elasticache:InterruptClusterAzPower", "elasticache:DescribeReplicationGroups"]
      Resource = [module.redis.arn]
    },
    {
      Sid      = "FindDatabase"
      Effect   = "Allow"
      Action   = ["rds:DescribeDBInstances"]
      Resource = ["${local.arn}:rds:${local.at}:db:*"]
    },
    # It cannot be limited to resources: it finds out what carries a tag.
    {
      Sid      = "FindByTag"
      Effect   = "Allow"
      Action   = ["tag:GetResources"]
      Resource = ["*"]
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
      Sid    = "KafkaBrokers"
      Effect = "Allow"
      Action = [
        "kafka:RebootBroker",
        "kafka:DescribeCluster",
        "kafka:DescribeClusterV2",
        "kafka:GetBootstrapBrokers",
        "kafka:ListNodes",
        "kafka:ListClusterOperations",
        "kafka:ListClusterOperationsV2",
      ]
      Resource = [module.kafka.cluster_arn]
    },
    {
      Sid      = "KafkaOperations"
      Effect   = "Allow"
      Action   = ["kafka:DescribeClusterOperation", "kafka:DescribeClusterOperationV2"]
      Resource = ["${replace(module.kafka.cluster_arn, ":cluster/", ":cluster-operation/")}/*"]
    },
    {
      Sid      = "Database"
      Effect   = "Allow"
      Action   = ["rds:RebootDBInstance", "rds:DescribeDBInstances", "rds:DescribeDBLogFiles", "rds:DownloadDBLogFilePortion"]
      Resource = [module.mysql.instance_arn]
    },
    {
      Sid      = "Cache"
      Effect   = "Allow"
      Action   = ["elasticache:TestFailover", "elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters"]
      Resource = [module.redis.arn, "${local.arn}:elasticache:${local.at}:cluster:${module.platform.lab.prefix}-*"]
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
