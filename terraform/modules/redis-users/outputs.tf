output "group_id" {
  description = "The user group that the cache lets in."
  value       = aws_elasticache_user_group.lab.user_group_id
}

output "user_ids" {
  description = "Who in the lab → user id, which is also the user name."
  value       = { for who, user in aws_elasticache_user.iam : who => user.user_id }
}
