output "backend" {
  description = "What the other roots want as -backend-config, without the key of the state."
  value = {
    bucket     = module.state.name
    region     = var.region
    kms_key_id = module.state.key_arn
  }
}

output "permissions_boundary_arn" {
  description = "What bounds every role of every lab."
  value       = aws_iam_policy.boundary.arn
}
