# What runs in the lab, how large, and what stays of it.

variable "image_digests" {
  description = "Image → digest, for every task. The images are assembled before the apply and pushed after it."
  type        = map(string)

  validation {
    condition = toset(keys(var.image_digests)) == toset([
      "command-service", "outbox-relay", "consumer-service", "query-service", "registry", "runner",
    ])
    error_message = "name a digest for command-service, outbox-relay, consumer-service, query-service, registry and runner"
  }
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64, as the images were built for."
  type        = string
  default     = "X86_64"
}

variable "task_sizes" {
  description = "Task → processor units (1024 are one) and memory, MiB, in one of Fargate's pairs."
  type        = map(object({ cpu = number, memory_mib = number }))
  default = {
    command-service  = { cpu = 256, memory_mib = 512 }
    outbox-relay     = { cpu = 256, memory_mib = 512 }
    consumer-service = { cpu = 256, memory_mib = 512 }
    query-service    = { cpu = 512, memory_mib = 1024 }
    registry         = { cpu = 256, memory_mib = 1024 }
    runner           = { cpu = 1024, memory_mib = 2048 }
  }
}

variable "log_retention_days" {
  description = "Days CloudWatch keeps logs."
  type        = number
  default     = 7

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30], var.log_retention_days)
    error_message = "a lab's logs are kept 1, 3, 5, 7, 14 or 30 days"
  }
}

variable "key_deletion_window_days" {
  description = "Days the lab's key can still be called back after the lab is gone."
  type        = number
  default     = 7
}
