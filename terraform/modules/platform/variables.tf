variable "name" {
  description = "Name of the lab."
  type        = string
}

variable "region" {
  description = "Region of the lab."
  type        = string
}

variable "account_id" {
  description = "Account of the lab."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds every role of the lab."
  type        = string
}

variable "key_deletion_window_days" {
  description = "Days the lab's key can still be called back after the lab is gone."
  type        = number
}

variable "log_retention_days" {
  description = "Days CloudWatch keeps logs."
  type        = number
}

variable "network" {
  description = "Where the lab lives, and which of AWS's APIs get a door there."
  type = object({
    cidr           = string
    zones          = list(string)
    existing       = object({ vpc_id = string, subnet_ids = list(string) })
    endpoints      = set(string)
    endpoint_zones = number
    https_cidrs    = set(string)
    prefix_lists   = bool
  })
}

variable "redis_ports" {
  description = "Where the cache listens; a serverless one has a second port for its readers."
  type        = set(number)
}

variable "image_digests" {
  description = "Image → digest. Its names are the names of the tasks."
  type        = map(string)
}
