output "cluster_arn" {
  description = "Of the cluster; topics and groups are named under it in policies."
  value       = aws_msk_serverless_cluster.this.arn
}

output "bootstrap_brokers" {
  description = "host:port, IAM over TLS."
  value       = aws_msk_serverless_cluster.this.bootstrap_brokers_sasl_iam
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "Kafka: bytes in and out" = [
      ["AWS/Kafka", "BytesInPerSec", "Cluster Name", var.lab.prefix],
      ["AWS/Kafka", "BytesOutPerSec", "Cluster Name", var.lab.prefix],
    ]
  }
}
