output "definition_arn" {
  description = "Of this revision of the task definition."
  value       = aws_ecs_task_definition.this.arn
}

output "family" {
  description = "Name of the task definition without its revision."
  value       = aws_ecs_task_definition.this.family
}

output "task_role_arn" {
  description = "Who the task is."
  value       = module.task_role.arn
}

output "execution_role_arn" {
  description = "Who starts it."
  value       = module.execution_role.arn
}

output "log_group" {
  description = "Where it logs."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "Of the log group."
  value       = aws_cloudwatch_log_group.this.arn
}
