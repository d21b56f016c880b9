terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key, region and KMS key come by -backend-config. The lock is an object beside the state.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
