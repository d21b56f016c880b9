output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "Of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "key_arn" {
  description = "Key of everything in it."
  value       = aws_kms_key.this.arn
}
