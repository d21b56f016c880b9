mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  name                     = "rlab-evidence-123456789012-eu-central-1"
  partition                = "aws"
  account_id               = "123456789012"
  object_lock              = true
  key_deletion_window_days = 30
}

run "every_version_is_kept_and_encrypted_with_its_key" {
  command = plan
  module {
    source = "./bucket"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket.this.object_lock_enabled
    error_message = "versions are not kept"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.this.arn
    error_message = "another key encrypts it"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the key is never turned"
  }
}

run "nobody_comes_without_tls_and_nothing_is_public" {
  command = plan
  module {
    source = "./bucket"
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : jsonencode(statement.Condition) if statement.Effect == "Deny" && statement.Action == "s3:*"], jsonencode({ Bool = { "aws:SecureTransport" = "false" } }))
    error_message = "it answers in clear"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "it can be made public"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Effect == "Deny"])
    error_message = "the policy lets somebody in"
  }
}

run "nothing_is_force_destroyed" {
  command = plan
  module {
    source = "./bucket"
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy != true
    error_message = "evidence can be thrown away with its bucket"
  }
}
