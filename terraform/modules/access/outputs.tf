output "statements" {
  description = "Agent → statements of its task role."
  value = {
    for agent in var.agents :
    agent => jsondecode(templatefile("${local.policies}/${agent}.json", local.known)).Statement
  }
}
