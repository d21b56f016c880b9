mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  owner      = "somebody"
  region     = "eu-central-1"
  account_id = "123456789012"
}

run "the_backend_is_told_what_it_needs" {
  command = plan

  assert {
    condition     = output.backend.bucket == "rlab-state-123456789012-eu-central-1" && output.backend.region == "eu-central-1" && startswith(output.backend.kms_key_id, "arn:aws:kms:")
    error_message = "a state could not be kept with this"
  }
}

run "the_boundary_lets_nobody_decide_who_may_do_what" {
  command = plan

  assert {
    condition     = contains(flatten([for statement in local.forbidden : statement.Action if statement.Effect == "Deny" && contains(statement.Resource, "*")]), "iam:*")
    error_message = "a role could give itself rights"
  }

  assert {
    condition     = !anytrue(flatten([for statement in local.allowed : [for action in statement.Action : startswith(action, "iam:") || action == "*" || startswith(action, "kms:Schedule")]]))
    error_message = "the boundary allows what no lab needs"
  }

  assert {
    condition     = length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "IAM takes policies of up to 6144 characters"
  }
}

run "only_looking_is_allowed_everywhere" {
  command = plan

  assert {
    condition     = [for statement in local.allowed : statement.Sid if contains(statement.Resource, "*")] == ["Looking"]
    error_message = "the boundary is wider than labs"
  }

  assert {
    condition = alltrue(flatten([for statement in local.allowed : [
      for action in statement.Action : can(regex(":(Get|List|Describe)", action))
    ] if statement.Sid == "Looking"]))
    error_message = "more than looking is allowed everywhere"
  }
}
