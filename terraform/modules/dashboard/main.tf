# One page of graphs, two in a row, so that a fault is seen in all parts at once.

locals {
  titles = sort(keys(var.panels))

  widgets = [
    for index, title in local.titles : {
      type   = "metric"
      x      = 12 * (index % 2)
      y      = 6 * floor(index / 2)
      width  = 12
      height = 6
      properties = {
        title   = title
        region  = var.lab.region
        view    = "timeSeries"
        stacked = false
        period  = 60
        metrics = var.panels[title]
      }
    }
  ]
}

resource "aws_cloudwatch_dashboard" "lab" {
  dashboard_name = var.lab.prefix
  dashboard_body = jsonencode({ widgets = local.widgets })
}
