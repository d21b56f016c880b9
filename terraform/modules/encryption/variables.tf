variable "lab" {
  description = "Whose key, and where."
  type = object({
    name       = string
    prefix     = string
    partition  = string
    region     = string
    account_id = string
  })
}

variable "deletion_window_days" {
  description = "Days a deleted key can still be called back, 7 to 30."
  type        = number

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "KMS deletes keys after 7 to 30 days"
  }
}
