# What each agent may do on the lab's servers: the policies that iam/access.toml makes, with what only this
# lab knows in place. Makes nothing; the same right in MySQL and Redis is given by their own grants and rules.

locals {
  policies = "${path.module}/../../../iam/generated"

  known = {
    partition         = var.lab.partition
    region            = var.lab.region
    account_id        = var.lab.account_id
    lab               = var.lab.name
    prefix            = var.lab.prefix
    kafka_cluster     = split(":cluster/", var.kafka_cluster_arn)[1]
    mysql_resource_id = var.mysql_resource_id
    redis_arn         = var.redis_arn
    evidence_bucket   = try(split(":::", var.evidence.bucket_arn)[1], "none")
    evidence_key_arn  = try(var.evidence.key_arn, "none")
  }

  # What is said about evidence that is kept nowhere.
  idle = var.evidence == null ? ["Evidence", "KeyOfEvidence"] : []
}
