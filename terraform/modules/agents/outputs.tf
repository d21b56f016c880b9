output "tasks" {
  description = "Agent → its task."
  value       = module.task
}

output "service_arns" {
  description = "Agent → its service."
  value       = { for name, service in module.service : name => service.arn }
}
