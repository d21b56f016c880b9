# State of its own: this root makes the bucket that the others keep theirs in, so it begins with a local one.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
