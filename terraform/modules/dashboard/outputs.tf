output "name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.lab.dashboard_name
}
