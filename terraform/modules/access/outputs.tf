output "statements" {
  description = "Agent → statements of its task role."
  value = {
    for agent in var.agents :
    agent => [
      for statement in jsondecode(templatefile("${local.policies}/${agent}.json", local.known)).Statement :
      statement if !contains(local.idle, statement.Sid)
    ]
  }
}
