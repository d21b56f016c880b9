# What every broker is told: the same promises as the local lab's brokers.

locals {
  properties = {
    "auto.create.topics.enable"      = "false"
    "default.replication.factor"     = "3"
    "min.insync.replicas"            = "2"
    "unclean.leader.election.enable" = "false"
    "delete.topic.enable"            = "true"
  }
}

# Without `kafka_versions`, which cannot be changed in place: a new version of Kafka would have to delete
# a configuration that the cluster still uses.
resource "aws_msk_configuration" "this" {
  name              = var.lab.prefix
  description       = "lab ${var.lab.name}"
  server_properties = join("", [for key, value in local.properties : "${key}=${value}\n"])
}
