# A repository per image. Tags cannot be moved, and tasks name digests, so what runs is what was pushed.

resource "aws_ecr_repository" "image" {
  for_each             = var.names
  name                 = "${var.lab.prefix}/${each.value}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.lab.key_arn
  }
}
