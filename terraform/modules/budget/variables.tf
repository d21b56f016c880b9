variable "lab" {
  description = "Whose costs."
  type        = object({ name = string, prefix = string })
}

variable "usd_per_month" {
  description = "Bound per calendar month, USD."
  type        = number

  validation {
    condition     = var.usd_per_month >= 1 && var.usd_per_month <= 10000
    error_message = "a lab's month costs between 1 and 10000 USD; ask for less, or for more than one lab"
  }
}

variable "usd_per_hour" {
  description = "Bound per hour, USD, watched by the day."
  type        = number

  validation {
    condition     = var.usd_per_hour >= 0.1 && var.usd_per_hour <= 100
    error_message = "a lab's hour costs between 0.1 and 100 USD"
  }
}

variable "emails" {
  description = "Who is told; nobody when empty."
  type        = set(string)

  validation {
    condition     = length(var.emails) <= 10 && alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "name at most ten e-mail addresses"
  }
}
