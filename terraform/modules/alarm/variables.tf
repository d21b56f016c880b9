variable "name" {
  description = "Name of the alarm."
  type        = string
}

variable "description" {
  description = "What it means when it rings."
  type        = string
}

variable "namespace" {
  description = "Namespace of the metric."
  type        = string
}

variable "metric" {
  description = "Name of the metric."
  type        = string
}

variable "series" {
  description = "Dimensions of each series watched."
  type        = list(map(string))

  validation {
    condition     = length(var.series) >= 1 && length(var.series) <= 10
    error_message = "an alarm watches between one and ten series"
  }
}

variable "statistic" {
  description = "Statistic over a minute."
  type        = string
}

variable "comparison" {
  description = "Comparison operator that makes it ring."
  type        = string
}

variable "threshold" {
  description = "Bound, in the metric's unit."
  type        = number
}

variable "minutes" {
  description = "Minutes in a row out of bounds before it rings."
  type        = number
}
