output "statements" {
  description = "Agent → statements of its task role."
  value = {
    for agent in var.agents : agent => concat(
      local.database[agent],
      lookup(local.broker, agent, []),
      lookup(local.cache, agent, []),
    )
  }
}
