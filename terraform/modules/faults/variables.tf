variable "lab" {
  description = "What every part of one lab shares."
  type        = object({ name = string, prefix = string, account_id = string, boundary_arn = string })
}

variable "experiments" {
  description = "Experiment → its one action, whom it hits, and which alarms end it. Without ARNs the lab's tag selects."
  type = map(object({
    description       = string
    action_id         = string
    target_key        = string
    resource_type     = string
    resource_arns     = optional(set(string), [])
    target_parameters = optional(map(string), {})
    parameters        = optional(map(string), {})
    stop_alarm_arns   = list(string)
  }))

  validation {
    condition     = alltrue([for experiment in var.experiments : contains(range(1, 6), length(experiment.stop_alarm_arns))])
    error_message = "an experiment needs one to five alarms that stop it"
  }
}

variable "statements" {
  description = "What the experiments may do, as statements of an IAM policy."
  type        = any
}
