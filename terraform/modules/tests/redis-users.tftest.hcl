mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  lab = {
    name               = "test"
    prefix             = "rlab-test"
    partition          = "aws"
    region             = "eu-central-1"
    account_id         = "123456789012"
    boundary_arn       = "arn:aws:iam::123456789012:policy/rlab-boundary"
    key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    log_retention_days = 7
  }
}

run "nobody_comes_in_without_a_name" {
  command = plan
  module {
    source = "./redis-users"
  }

  assert {
    condition     = startswith(aws_elasticache_user.nobody.access_string, "off ") && aws_elasticache_user.nobody.user_name == "default"
    error_message = "the default user is on"
  }

  assert {
    condition     = contains(aws_elasticache_user_group.lab.user_ids, "rlab-test-default")
    error_message = "a group without `default` is refused"
  }
}

run "an_iam_user_has_its_id_as_its_name" {
  command = plan
  module {
    source = "./redis-users"
  }

  assert {
    condition     = alltrue([for user in aws_elasticache_user.iam : user.user_id == user.user_name && user.authentication_mode[0].type == "iam"])
    error_message = "IAM would refuse the token"
  }

  assert {
    condition     = alltrue([for user in aws_elasticache_user.iam : length(user.user_id) <= 40])
    error_message = "a user id has at most 40 characters"
  }
}

run "only_who_uses_the_cache_has_a_user" {
  command = plan
  module {
    source = "./redis-users"
  }

  assert {
    condition     = toset(keys(output.user_ids)) == toset(["consumer-service", "query-service", "runner"])
    error_message = "somebody has a user for nothing"
  }

  assert {
    condition     = strcontains(aws_elasticache_user.iam["query-service"].access_string, "-@all") && !strcontains(aws_elasticache_user.iam["query-service"].access_string, "+del")
    error_message = "query-service may delete"
  }

  assert {
    condition     = aws_elasticache_user.iam["runner"].access_string == "on ~*:* resetchannels -@all +del +eval +get +hget +hmget +hset +pexpire +ping +role +scan +set +unlink"
    error_message = "the runner may do more than the model says"
  }
}
