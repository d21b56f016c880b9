# What the runner does on the servers themselves, and where it puts what it saw: what iam/access.toml gives it.
# Only before the first drill it also makes the users of the others, as the database's owner.

module "access" {
  source            = "../access"
  lab               = var.lab
  agents            = ["runner"]
  kafka_cluster_arn = var.kafka_cluster_arn
  mysql_resource_id = var.mysql_resource_id
  redis_arn         = var.redis_arn
  evidence          = var.evidence
}

locals {
  owner = [
    {
      Sid      = "OwnerMakesTheOtherUsers"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.owner_secret_arn]
    },
    {
      Sid       = "UseTheLabsKeyForSecrets"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [var.lab.key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.lab.region}.amazonaws.com" } }
    },
  ]
}
