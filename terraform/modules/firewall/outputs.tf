output "ids" {
  description = "Purpose → security group id."
  value       = { for name, group in aws_security_group.this : name => group.id }
}
