output "task" {
  description = "Its task."
  value       = module.task
}
