# Three provisioned MSK brokers, one per zone. Clients prove themselves by IAM over TLS and in no other way.

resource "aws_msk_cluster" "this" {
  cluster_name           = var.lab.prefix
  kafka_version          = var.kafka_version
  number_of_broker_nodes = length(var.subnet_ids)
  enhanced_monitoring    = "PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [var.security_group_id]

    storage_info {
      ebs_storage_info {
        volume_size = var.volume_gib
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  # No `tls` block: an empty one is answered as absent, and every later plan would want to add it.
  client_authentication {
    sasl {
      iam = true
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.lab.key_arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.broker.name
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "broker" {
  #checkov:skip=CKV_AWS_338:a lab's logs go into its evidence; a year in CloudWatch would outlive every use
  name              = "/rlab/${var.lab.name}/kafka"
  retention_in_days = var.lab.log_retention_days
  kms_key_id        = var.lab.key_arn
}
