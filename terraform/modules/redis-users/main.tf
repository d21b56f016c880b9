# Who may do what in the cache. IAM users carry their id as their name; nobody comes in without one.

locals {
  # Written the way the server prints rules, or every plan would find them changed.
  nothing = "off resetchannels -@all"

  # What iam/access.toml makes, one user a line: `user <name> on resetkeys <rules>`.
  rules = {
    for line in split("\n", trimspace(file("${path.module}/../../../iam/generated/redis-users.acl"))) :
    trimprefix(replace(split(" ", line)[1], "_", "-"), "rlab-") => join(" ", concat(["on"], slice(split(" ", line), 4, length(split(" ", line)))))
  }
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
