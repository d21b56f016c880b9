output "tasks" {
  description = "Every task, the runner's among them."
  value       = merge(local.tasks, { runner = module.runner.task })
}

output "service_arns" {
  description = "Service → ARN."
  value       = local.service_arns
}

output "log_groups" {
  description = "What → log group."
  value       = merge(local.log_groups, { runner = module.runner.task.log_group })
}
