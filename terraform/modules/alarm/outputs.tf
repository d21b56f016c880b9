output "arn" {
  description = "Of the alarm, as a stop condition wants it."
  value       = aws_cloudwatch_metric_alarm.this.arn
}
