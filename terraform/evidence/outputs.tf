output "evidence" {
  description = "Bucket and key, as a lab wants them in its variable of the same name."
  value       = { bucket_arn = module.store.arn, key_arn = module.store.key_arn }
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.store.name
}
