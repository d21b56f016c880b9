# MSK Serverless: IAM over TLS by nature, keys and log delivery are AWS's own, no broker can be rebooted.

resource "aws_msk_serverless_cluster" "this" {
  cluster_name = var.lab.prefix

  client_authentication {
    sasl {
      iam {
        enabled = true
      }
    }
  }

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [var.security_group_id]
  }
}
