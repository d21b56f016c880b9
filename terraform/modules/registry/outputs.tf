output "task" {
  description = "Its task."
  value       = module.task
}

output "service_arn" {
  description = "Its service."
  value       = module.service.arn
}
