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
  limits            = { data_gib = 1, ecpu_per_second = 5000 }
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id = "sg-redis"
  user_group_id     = "rlab-test"
}

run "a_load_that_ran_away_comes_to_an_end" {
  command = plan
  module {
    source = "./redis-serverless"
  }

  assert {
    condition     = aws_elasticache_serverless_cache.this.cache_usage_limits[0].data_storage[0].maximum == 1 && aws_elasticache_serverless_cache.this.cache_usage_limits[0].ecpu_per_second[0].maximum == 5000
    error_message = "use is not bounded"
  }
}

run "its_data_is_encrypted_and_its_users_are_the_labs" {
  command = plan
  module {
    source = "./redis-serverless"
  }

  assert {
    condition     = aws_elasticache_serverless_cache.this.kms_key_id == var.lab.key_arn && aws_elasticache_serverless_cache.this.user_group_id == "rlab-test"
    error_message = "another key or other users"
  }
}

run "a_bound_below_what_aws_takes_is_refused" {
  command = plan
  module {
    source = "./redis-serverless"
  }
  variables {
    limits = { data_gib = 1, ecpu_per_second = 1 }
  }

  expect_failures = [var.limits]
}
