mock_provider "aws" {
  source          = "../testing"
  override_during = plan
}

variables {
  lab = {
    name               = "test"
    prefix             = "rlab-test"
    key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    log_retention_days = 7
  }
  kafka_version     = "3.8.x"
  instance_type     = "kafka.t3.small"
  volume_gib        = 10
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id = "sg-kafka"
}

run "clients_come_by_iam_over_tls_and_in_no_other_way" {
  command = plan
  module {
    source = "./kafka"
  }

  assert {
    condition     = aws_msk_cluster.this.client_authentication[0].sasl[0].iam
    error_message = "IAM is off"
  }

  assert {
    condition     = length(aws_msk_cluster.this.client_authentication[0].tls) == 0 && aws_msk_cluster.this.client_authentication[0].unauthenticated != true
    error_message = "there is a second way in"
  }

  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS"
    error_message = "clients may speak in clear"
  }

  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == var.lab.key_arn
    error_message = "disks are not encrypted with the lab's key"
  }
}

run "a_write_needs_two_of_three_replicas" {
  command = plan
  module {
    source = "./kafka"
  }

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=2\n")
    error_message = "min.insync.replicas is not 2"
  }

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "unclean.leader.election.enable=false\n")
    error_message = "a broker that is behind may become leader"
  }

  assert {
    condition     = aws_msk_cluster.this.number_of_broker_nodes == 3
    error_message = "not one broker per zone"
  }
}

run "under_min_isr_is_watched_on_every_broker" {
  command = plan
  module {
    source = "./kafka"
  }

  assert {
    condition     = keys(output.alarm_arns) == ["kafka_offline_partitions", "kafka_under_min_isr"]
    error_message = "the stop signals of Kafka are not both there"
  }

  assert {
    condition     = aws_msk_cluster.this.enhanced_monitoring == "PER_BROKER"
    error_message = "UnderMinIsrPartitionCount is only measured per broker"
  }
}

run "two_zones_are_refused" {
  command = plan
  module {
    source = "./kafka"
  }
  variables {
    subnet_ids = ["subnet-a", "subnet-b"]
  }
  expect_failures = [var.subnet_ids]
}
