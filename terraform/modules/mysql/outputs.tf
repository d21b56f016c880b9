output "instance_id" {
  description = "Identifier, as in RebootDBInstance and DescribeEvents."
  value       = aws_db_instance.this.identifier
}

output "instance_arn" {
  description = "Of the instance."
  value       = aws_db_instance.this.arn
}

output "resource_id" {
  description = "What rds-db:connect names; it never changes, the identifier may."
  value       = aws_db_instance.this.resource_id
}

output "address" {
  description = "Host name; after a failover it points to the other zone."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "Port."
  value       = aws_db_instance.this.port
}

output "zone" {
  description = "Zone of the primary when Terraform last looked; DescribeDBInstances knows where it is now."
  value       = aws_db_instance.this.availability_zone
}

output "owner_secret_arn" {
  description = "Where AWS keeps the password of the owner, who makes the other users."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}

output "log_groups" {
  description = "Log → log group."
  value       = { for name, group in aws_cloudwatch_log_group.export : name => group.name }
}

output "alarm_arns" {
  description = "What → alarm."
  value       = { mysql_storage = module.storage.arn, mysql_cpu = module.cpu.arn }
}

output "panels" {
  description = "Graphs for the dashboard: title → metrics."
  value = {
    "MySQL: connections, processor, write latency" = [
      for metric in ["DatabaseConnections", "CPUUtilization", "WriteLatency"] :
      ["AWS/RDS", metric, "DBInstanceIdentifier", var.lab.prefix]
    ]
  }
}
