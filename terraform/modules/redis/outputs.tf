output "replication_group_id" {
  description = "Identifier, as in TestFailover and DescribeEvents."
  value       = aws_elasticache_replication_group.this.replication_group_id
}

output "arn" {
  description = "Of the replication group, as elasticache:Connect names it."
  value       = aws_elasticache_replication_group.this.arn
}

output "member_ids" {
  description = "Identifiers of the nodes."
  value       = sort(aws_elasticache_replication_group.this.member_clusters)
}

output "primary_address" {
  description = "Host name of whoever is the primary."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "reader_address" {
  description = "Host name of the replicas."
  value       = aws_elasticache_replication_group.this.reader_endpoint_address
}

output "port" {
  description = "Port of both."
  value       = aws_elasticache_replication_group.this.port
}

output "zones" {
  description = "Zones that hold a node."
  value       = local.zones
}

output "log_group" {
  description = "Where slow commands are logged."
  value       = aws_cloudwatch_log_group.slow.name
}

output "alarm_arns" {
  description = "What → alarm."
  value       = { redis_cpu = module.cpu.arn, redis_replication_lag = module.replication_lag.arn }
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "Redis: engine processor, replication lag" = [
      for pair in setproduct(["EngineCPUUtilization", "ReplicationLag"], local.nodes[*].CacheClusterId) :
      ["AWS/ElastiCache", pair[0], "CacheClusterId", pair[1]]
    ]
  }
}
