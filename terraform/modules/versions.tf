# No module by itself: from here one initialization serves the tests of all rooms.

terraform {
  required_version = ">= 1.11"
  required_providers {
    # tflint-ignore: terraform_unused_required_providers
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
