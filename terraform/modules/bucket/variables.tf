variable "name" {
  description = "Name of the bucket, the same in all the world only once."
  type        = string

  validation {
    condition     = length(var.name) <= 63
    error_message = "a bucket's name has at most 63 characters"
  }
}

variable "partition" {
  description = "Partition of the account."
  type        = string
}

variable "account_id" {
  description = "Account that owns the bucket."
  type        = string
}

variable "object_lock" {
  description = "Whether objects can be locked; it cannot be changed later."
  type        = bool
}

variable "key_deletion_window_days" {
  description = "Days a deleted key can still be called back."
  type        = number
}
