# Whose account, and where.

variable "owner" {
  description = "Who answers for what is made here."
  type        = string

  validation {
    condition     = length(trimspace(var.owner)) > 0
    error_message = "say who answers for it"
  }
}

variable "region" {
  description = "Region of the bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "regions look like eu-central-1"
  }
}

variable "account_id" {
  description = "Account it is made in; credentials of any other are refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "an account id has twelve digits"
  }
}

variable "rehearsal" {
  description = "Whether the API is a rehearsal on loopback. Endpoints come from the environment."
  type        = bool
  default     = false
}

variable "key_deletion_window_days" {
  description = "Days a deleted key can still be called back, 7 to 30."
  type        = number
  default     = 30

  validation {
    condition     = var.key_deletion_window_days >= 7 && var.key_deletion_window_days <= 30
    error_message = "KMS deletes keys after 7 to 30 days"
  }
}
