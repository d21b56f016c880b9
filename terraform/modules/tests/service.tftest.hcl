mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  name              = "registry"
  cluster_arn       = "arn:aws:ecs:eu-central-1:123456789012:cluster/rlab-test"
  definition_arn    = "arn:aws:ecs:eu-central-1:123456789012:task-definition/rlab-test-registry:1"
  namespace_id      = "ns-0"
  subnet_ids        = ["subnet-a"]
  security_group_id = "sg-registry"
}

run "it_begins_with_none_and_never_runs_one_too_many" {
  command = plan
  module {
    source = "./service"
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 0
    error_message = "tasks would start before their image is there"
  }

  assert {
    condition     = aws_ecs_service.this.deployment_maximum_percent == 100
    error_message = "two tasks could run where one was asked for"
  }
}

run "it_has_no_public_address" {
  command = plan
  module {
    source = "./service"
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip == false
    error_message = "it has a public address"
  }
}
