output "urls" {
  description = "Image → where it is pushed to."
  value       = { for name, repository in aws_ecr_repository.image : name => repository.repository_url }
}

output "arns" {
  description = "Image → repository."
  value       = { for name, repository in aws_ecr_repository.image : name => repository.arn }
}
