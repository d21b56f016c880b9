output "template_ids" {
  description = "Experiment → template."
  value       = { for name, template in aws_fis_experiment_template.this : name => template.id }
}

output "role_arn" {
  description = "Who the experiments are."
  value       = module.role.arn
}
