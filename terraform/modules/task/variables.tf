variable "lab" {
  description = "What every part of one lab shares."
  type = object({
    name               = string
    prefix             = string
    region             = string
    account_id         = string
    boundary_arn       = string
    key_arn            = string
    log_retention_days = number
  })
}

variable "name" {
  description = "Name of the task within the lab."
  type        = string
}

variable "image" {
  description = "Where the image lies, and which it is."
  type        = object({ url = string, repository_arn = string, digest = string })

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "an image is named by its digest, sha256: and 64 hexadecimal digits"
  }
}

variable "size" {
  description = "Processor units (1024 are one) and memory, MiB, in one of Fargate's pairs."
  type        = object({ cpu = number, memory_mib = number })
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
}

variable "command" {
  description = "Arguments instead of the image's own."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Plain settings, name → value."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Environment variable → the secret that fills it when the task starts."
  type        = map(string)
  default     = {}
}

variable "port" {
  description = "Where it listens; null when nobody calls it."
  type        = number
  default     = null
}

variable "storage" {
  description = "A file system that outlives the task, and where it is mounted; null for none."
  type        = object({ file_system_id = string, access_point_id = string, path = string })
  default     = null
}

variable "statements" {
  description = "What the task may do, as statements of an IAM policy."
  type        = any
}
