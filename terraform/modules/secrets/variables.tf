variable "lab" {
  description = "What every part of one lab shares."
  type        = object({ name = string, prefix = string, key_arn = string })
}

variable "names" {
  description = "Names of the tasks."
  type        = set(string)
}
