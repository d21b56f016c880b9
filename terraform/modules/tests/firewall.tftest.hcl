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
  vpc_id = "vpc-0"
  ports = {
    kafka    = 9098
    mysql    = 3306
    redis    = [6379]
    registry = 18091
    agents   = { command-service = 18080 }
  }
  https_cidrs  = []
  prefix_lists = true
}

run "nobody_comes_in_by_address" {
  command = plan
  module {
    source = "./firewall"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.flow : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.prefix_list_id == null && rule.ip_protocol == "tcp"])
    error_message = "an ingress rule names addresses instead of a group"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.flow : rule.from_port == rule.to_port])
    error_message = "an ingress rule opens a range"
  }
}

run "s3_is_reached_at_its_own_addresses" {
  command = plan
  module {
    source = "./firewall"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.s3 : rule.prefix_list_id == "pl-00000000" && rule.cidr_ipv4 == null && rule.from_port == 443]) && length(aws_vpc_security_group_egress_rule.s3) == 3
    error_message = "a task cannot pull its image, or may reach more than S3"
  }
}

run "nothing_goes_out_to_everywhere" {
  command = plan
  module {
    source = "./firewall"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.flow : rule.cidr_ipv4 == null])
    error_message = "an egress rule names addresses instead of a group"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.elsewhere) == 0
    error_message = "tasks may speak to the outside unasked"
  }
}

run "agents_do_not_reach_each_other_and_servers_reach_nobody" {
  command = plan
  module {
    source = "./firewall"
  }

  assert {
    condition     = length([for flow in local.flows : flow if flow.to == "agents" && flow.from != "runner"]) == 0
    error_message = "an agent can be called by another"
  }

  assert {
    condition     = length([for flow in local.flows : flow if contains(["kafka", "mysql", "redis", "storage", "endpoints"], flow.from)]) == 0
    error_message = "a server may begin a conversation"
  }
}

run "every_port_of_the_cache_is_open_to_its_callers" {
  command = plan
  module {
    source = "./firewall"
  }
  variables {
    ports = {
      kafka    = 9098
      mysql    = 3306
      redis    = [6379, 6380]
      registry = 18091
      agents   = {}
    }
  }

  assert {
    condition     = sort([for flow in local.flows : "${flow.from}:${flow.port}" if flow.to == "redis"]) == tolist(["agents:6379", "agents:6380", "runner:6379", "runner:6380"])
    error_message = "readers of a serverless cache are shut out"
  }
}

run "a_nat_of_the_vpc_is_reached_by_https_only" {
  command = plan
  module {
    source = "./firewall"
  }
  variables {
    https_cidrs = ["10.0.0.0/16"]
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.elsewhere : rule.from_port == 443 && rule.to_port == 443]) && length(aws_vpc_security_group_egress_rule.elsewhere) == 3
    error_message = "more than HTTPS is open"
  }
}

run "a_block_that_is_none_is_refused" {
  command = plan
  module {
    source = "./firewall"
  }
  variables {
    https_cidrs = ["everywhere"]
  }

  expect_failures = [var.https_cidrs]
}
