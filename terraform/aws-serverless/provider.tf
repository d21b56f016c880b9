# One account, one region, and the tags by which `down` finds what a lost state forgot.

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  # Where the API is a rehearsal on loopback, named by AWS_ENDPOINT_URL, there is nobody to ask beforehand.
  skip_credentials_validation = var.rehearsal
  skip_metadata_api_check     = var.rehearsal
  skip_region_validation      = var.rehearsal
  s3_use_path_style           = var.rehearsal

  default_tags {
    tags = {
      lab    = var.lab
      owner  = var.owner
      expiry = var.expiry
    }
  }
}
