output "cluster_arn" {
  description = "For RebootBroker and everything that asks about the cluster."
  value       = aws_msk_cluster.this.arn
}

output "bootstrap_brokers" {
  description = "host:port of each broker, IAM over TLS, separated by commas."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}

output "log_group" {
  description = "Where the brokers log."
  value       = aws_cloudwatch_log_group.broker.name
}

output "alarm_arns" {
  description = "What → alarm."
  value = {
    kafka_offline_partitions = module.offline_partitions.arn
    kafka_under_min_isr      = module.under_min_isr.arn
  }
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "Kafka: partitions without leader, below min ISR, under-replicated" = concat(
      [["AWS/Kafka", "OfflinePartitionsCount", "Cluster Name", var.lab.prefix]],
      [for broker in local.brokers : ["AWS/Kafka", "UnderMinIsrPartitionCount", "Cluster Name", var.lab.prefix, "Broker ID", broker["Broker ID"]]],
      [for broker in local.brokers : ["AWS/Kafka", "UnderReplicatedPartitions", "Cluster Name", var.lab.prefix, "Broker ID", broker["Broker ID"]]],
    )
  }
}
