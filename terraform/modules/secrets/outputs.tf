output "arns" {
  description = "Task → its configuration."
  value       = { for name, secret in aws_secretsmanager_secret.configuration : name => secret.arn }
}
