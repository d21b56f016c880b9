output "cluster_id" {
  description = "Identifier, as in FailoverDBCluster and DescribeEvents."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "cluster_arn" {
  description = "Of the cluster."
  value       = aws_rds_cluster.this.arn
}

output "instance_ids" {
  description = "Identifiers of both instances."
  value       = [for instance in aws_rds_cluster_instance.this : instance.identifier]
}

output "instance_arns" {
  description = "Of both instances."
  value       = [for instance in aws_rds_cluster_instance.this : instance.arn]
}

output "resource_id" {
  description = "What rds-db:connect names."
  value       = aws_rds_cluster.this.cluster_resource_id
}

output "writer_address" {
  description = "Host name of whoever is the writer."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_address" {
  description = "Host name of the reader."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "port" {
  description = "Port of both."
  value       = aws_rds_cluster.this.port
}

output "zones" {
  description = "Instance → its zone."
  value       = { for instance in aws_rds_cluster_instance.this : instance.identifier => instance.availability_zone }
}

output "owner_secret_arn" {
  description = "Where AWS keeps the password of the owner, who makes the other users."
  value       = one(aws_rds_cluster.this.master_user_secret[*].secret_arn)
}

output "log_groups" {
  description = "Log → log group."
  value       = { for name, group in aws_cloudwatch_log_group.export : name => group.name }
}

output "alarm_arns" {
  description = "What → alarm."
  value       = { mysql_capacity = module.capacity.arn, mysql_replica_lag = module.replica_lag.arn }
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "MySQL: capacity used, connections, replica lag" = [
      for metric in ["ACUUtilization", "DatabaseConnections", "AuroraReplicaLagMaximum"] :
      ["AWS/RDS", metric, "DBClusterIdentifier", var.lab.prefix]
    ]
  }
}
