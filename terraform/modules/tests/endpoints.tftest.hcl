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
  vpc_id            = "vpc-0"
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  zone_count        = 1
  services          = ["logs", "ecr.api"]
  security_group_id = "sg-endpoints"
  route_table_ids   = ["rtb-0"]
}

run "every_api_gets_a_door_of_the_region_in_one_zone" {
  command = plan
  module {
    source = "./endpoints"
  }

  assert {
    condition     = [for door in aws_vpc_endpoint.interface : door.service_name] == ["com.amazonaws.eu-central-1.ecr.api", "com.amazonaws.eu-central-1.logs"]
    error_message = "doors lead elsewhere"
  }

  assert {
    condition     = alltrue([for door in aws_vpc_endpoint.interface : length(door.subnet_ids) == 1 && door.private_dns_enabled])
    error_message = "a door stands in more zones than were asked for"
  }

  assert {
    condition     = aws_vpc_endpoint.s3[0].vpc_endpoint_type == "Gateway"
    error_message = "S3 is reached through a door that is charged"
  }
}

run "a_vpc_with_its_own_doors_gets_none" {
  command = plan
  module {
    source = "./endpoints"
  }
  variables {
    services        = []
    route_table_ids = []
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_vpc_endpoint.s3) == 0
    error_message = "a second door was made"
  }
}

run "four_zones_are_refused" {
  command = plan
  module {
    source = "./endpoints"
  }
  variables {
    zone_count = 4
  }

  expect_failures = [var.zone_count]
}
