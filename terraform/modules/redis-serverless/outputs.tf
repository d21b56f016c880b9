output "cache_name" {
  description = "Name, as in DescribeServerlessCaches."
  value       = aws_elasticache_serverless_cache.this.name
}

output "arn" {
  description = "Of the cache, as elasticache:Connect names it."
  value       = aws_elasticache_serverless_cache.this.arn
}

output "address" {
  description = "Host name for reads and writes."
  value       = one(aws_elasticache_serverless_cache.this.endpoint[*].address)
}

output "reader_address" {
  description = "Host name for reads that may be stale."
  value       = one(aws_elasticache_serverless_cache.this.reader_endpoint[*].address)
}

output "port" {
  description = "Port for reads and writes."
  value       = one(aws_elasticache_serverless_cache.this.endpoint[*].port)
}

output "alarm_arns" {
  description = "What → alarm."
  value       = { redis_throttled = module.throttled.arn }
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "Redis: throttled, units, hits, misses" = [
      for metric in ["ThrottledCmds", "ElastiCacheProcessingUnits", "CacheHits", "CacheMisses"] :
      ["AWS/ElastiCache", metric, "clusterId", var.lab.prefix]
    ]
  }
}
