variable "lab" {
  description = "Whom names are made for, and where."
  type        = object({ prefix = string, region = string })
}

variable "panels" {
  description = "Title → metrics, each as CloudWatch writes them: namespace, name, dimensions in pairs."
  type        = map(list(list(string)))

  validation {
    condition     = length(var.panels) > 0
    error_message = "a dashboard needs something to show"
  }
}
