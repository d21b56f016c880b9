variable "lab" {
  description = "Whom names are made for."
  type        = object({ prefix = string })
}
