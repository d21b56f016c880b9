# Whose lab, where, until when, and what it may cost.

variable "lab" {
  description = "Name of the lab."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.lab)) && length(var.lab) <= 18
    error_message = "a lab's name has up to 18 lower case letters, digits and single hyphens, and begins with a letter"
  }
}

variable "owner" {
  description = "Who answers for it."
  type        = string

  validation {
    condition     = length(trimspace(var.owner)) > 0
    error_message = "say who answers for the lab"
  }
}

variable "expiry" {
  description = "When it has to be gone, RFC 3339 in UTC, for example 2030-01-31T18:00:00Z."
  type        = string

  validation {
    condition     = can(regex("Z$", var.expiry)) && can(timecmp(var.expiry, var.expiry))
    error_message = "write the expiry in RFC 3339 and UTC, for example 2030-01-31T18:00:00Z"
  }
}

variable "region" {
  description = "Region of the lab."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "regions look like eu-central-1"
  }
}

variable "account_id" {
  description = "Account of the lab; credentials of any other are refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "an account id has twelve digits"
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds every role of the lab; the root `bootstrap` makes one."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "name a managed policy, arn:…:iam::…:policy/…"
  }
}

variable "budget_usd_per_month" {
  description = "Bound per calendar month, USD."
  type        = number
  default     = 100
}

variable "budget_usd_per_hour" {
  description = "Bound per hour, USD; watched by the day."
  type        = number
  default     = 2
}

variable "budget_emails" {
  description = "Who is told when a budget is reached."
  type        = set(string)
}

variable "evidence" {
  description = "Bucket and key of the root `evidence`; null to fetch evidence by hand."
  type        = object({ bucket_arn = string, key_arn = string })
  default     = null
}

variable "rehearsal" {
  description = "Whether the API is a rehearsal on loopback. Endpoints come from the environment."
  type        = bool
  default     = false
}
