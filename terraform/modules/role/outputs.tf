output "arn" {
  description = "Of the role, once it may do what it is for."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this]
}

output "boundary_arn" {
  description = "What bounds the role."
  value       = aws_iam_role.this.permissions_boundary
}
