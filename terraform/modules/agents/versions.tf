terraform {
  required_version = ">= 1.11"
  required_providers {
    # Its rooms use it; a test that begins here would otherwise look for credentials.
    # tflint-ignore: terraform_unused_required_providers
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
