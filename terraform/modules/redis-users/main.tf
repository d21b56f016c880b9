# Who may do what in the cache. IAM users carry their id as their name; nobody comes in without one.

locals {
  # Written the way the server prints rules, or every plan would find them changed.
  everything = "on ~* resetchannels +@all"
  nothing    = "off resetchannels -@all"
  commands = {
    consumer-service = ["ping", "del", "eval", "get", "set", "hget"]
    query-service    = ["ping", "hmget", "eval", "get", "hget", "hset", "pexpire"]
  }

  rules = merge(
    { for user, commands in local.commands : user => join(" ", concat(["on ~* resetchannels -@all"], formatlist("+%s", commands))) },
    { runner = local.everything },
  )
}

resource "aws_elasticache_user" "iam" {
  for_each      = local.rules
  user_id       = "${var.lab.prefix}-${each.key}"
  user_name     = "${var.lab.prefix}-${each.key}"
  engine        = "redis"
  access_string = each.value

  authentication_mode {
    type = "iam"
  }
}

# A group of this engine needs somebody called `default`; this one can neither log in nor do anything.
resource "aws_elasticache_user" "nobody" {
  user_id       = "${var.lab.prefix}-default"
  user_name     = "default"
  engine        = "redis"
  access_string = local.nothing
  # The same said as an authentication mode is answered under another name, and every plan would change it back.
  no_password_required = true
}

resource "aws_elasticache_user_group" "lab" {
  user_group_id = var.lab.prefix
  engine        = "redis"
  user_ids      = concat([aws_elasticache_user.nobody.user_id], [for user in aws_elasticache_user.iam : user.user_id])
}
