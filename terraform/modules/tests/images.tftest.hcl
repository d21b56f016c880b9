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
  names = ["runner", "registry"]
}

run "a_tag_cannot_be_moved_and_an_image_is_looked_through" {
  command = plan
  module {
    source = "./images"
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.image : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "a tag can be moved, or nobody looks"
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.image : repository.encryption_configuration[0].kms_key == var.lab.key_arn])
    error_message = "images are not encrypted with the lab's key"
  }
}
