variable "lab" {
  description = "What every part of one lab shares."
  type        = object({ prefix = string, key_arn = string })
}

variable "names" {
  description = "Names of the images."
  type        = set(string)
}
