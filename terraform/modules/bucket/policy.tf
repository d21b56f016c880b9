# What nobody may do, whatever else they may.

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.denials })

  # Policy and block changed at once are refused as a conflict.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  everything = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

  denials = [
    {
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = local.everything
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    },
    {
      Sid       = "OnlyByTlsOfToday"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = local.everything
      Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
    },
    {
      Sid       = "OnlyWithItsKey"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.this.arn}/*"
      Condition = { StringNotEqualsIfExists = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.this.arn } }
    },
  ]
}
