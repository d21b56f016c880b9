output "key_arn" {
  description = "The lab's key. It outlives the lab by its deletion window."
  value       = aws_kms_key.lab.arn
}
