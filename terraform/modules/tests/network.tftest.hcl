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
  cidr     = "10.42.0.0/20"
  zones    = []
  existing = null
}

run "three_zones_get_a_subnet_each" {
  command = plan
  module {
    source = "./network"
  }

  assert {
    condition     = keys(output.subnet_by_zone) == tolist(["eu-central-1a", "eu-central-1b", "eu-central-1c"])
    error_message = "not the first three zones"
  }

  assert {
    condition     = length(distinct([for subnet in aws_subnet.zone : subnet.cidr_block])) == 3
    error_message = "subnets overlap"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.zone : subnet.map_public_ip_on_launch != true])
    error_message = "something gets a public address"
  }
}

run "there_is_no_way_to_the_internet" {
  command = plan
  module {
    source = "./network"
  }

  assert {
    condition     = length(aws_route_table.closed) == 1 && aws_vpc.lab[0].enable_dns_support
    error_message = "the closed route table is missing"
  }

  assert {
    condition     = length(aws_default_security_group.closed) == 1
    error_message = "the default group is left open"
  }
}

run "an_existing_vpc_makes_no_vpc" {
  command = plan
  module {
    source = "./network"
  }
  variables {
    existing = { vpc_id = "vpc-theirs", subnet_ids = ["subnet-a", "subnet-b", "subnet-c"] }
  }

  override_data {
    target = data.aws_vpc.existing[0]
    values = { cidr_block = "10.0.0.0/16" }
  }

  override_data {
    target = data.aws_subnet.existing["subnet-a"]
    values = { id = "subnet-a", vpc_id = "vpc-theirs", availability_zone = "eu-central-1a" }
  }

  override_data {
    target = data.aws_subnet.existing["subnet-b"]
    values = { id = "subnet-b", vpc_id = "vpc-theirs", availability_zone = "eu-central-1b" }
  }

  override_data {
    target = data.aws_subnet.existing["subnet-c"]
    values = { id = "subnet-c", vpc_id = "vpc-theirs", availability_zone = "eu-central-1c" }
  }

  assert {
    condition     = length(aws_vpc.lab) == 0 && length(aws_subnet.zone) == 0 && length(aws_route_table.closed) == 0
    error_message = "something was made in a VPC that was there"
  }

  assert {
    condition     = output.vpc_id == "vpc-theirs" && length(output.route_table_ids) == 0
    error_message = "it is not the VPC that was named"
  }

  assert {
    condition     = output.subnet_by_zone["eu-central-1b"] == "subnet-b"
    error_message = "subnets are not found by their zone"
  }
}

run "three_subnets_of_one_zone_are_refused" {
  command = plan
  module {
    source = "./network"
  }
  variables {
    existing = { vpc_id = "vpc-theirs", subnet_ids = ["subnet-a", "subnet-b", "subnet-c"] }
  }

  override_data {
    target = data.aws_subnet.existing
    values = { id = "subnet-x", vpc_id = "vpc-theirs", availability_zone = "eu-central-1a" }
  }

  expect_failures = [output.subnet_by_zone]
}

run "two_zones_are_refused" {
  command = plan
  module {
    source = "./network"
  }
  variables {
    zones = ["eu-central-1a", "eu-central-1b"]
  }

  expect_failures = [var.zones]
}
