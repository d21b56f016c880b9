output "arn" {
  description = "Of the ECS service."
  value       = aws_ecs_service.this.id
}

output "name" {
  description = "Of the ECS service."
  value       = aws_ecs_service.this.name
}
