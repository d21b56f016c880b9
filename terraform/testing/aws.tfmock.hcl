# What a mocked AWS answers. Values that Terraform or the provider check for their form have that form.

mock_data "aws_partition" {
  defaults = {
    partition  = "aws"
    dns_suffix = "amazonaws.com"
  }
}

mock_data "aws_availability_zones" {
  defaults = {
    names = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
  }
}

mock_data "aws_ec2_managed_prefix_list" {
  defaults = {
    id = "pl-00000000"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_iam_policy" {
  defaults = {
    arn = "arn:aws:iam::123456789012:policy/mocked"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::mocked"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = {
    arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:mocked"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:eu-central-1:123456789012:repository/mocked"
    repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mocked"
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mocked"
  }
}

mock_resource "aws_ecs_cluster" {
  defaults = {
    arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/mocked"
  }
}

mock_resource "aws_ecs_task_definition" {
  defaults = {
    arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/mocked:1"
  }
}

mock_resource "aws_ecs_service" {
  defaults = {
    id = "arn:aws:ecs:eu-central-1:123456789012:service/mocked/mocked"
  }
}

mock_resource "aws_service_discovery_service" {
  defaults = {
    arn = "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-mocked"
  }
}

mock_resource "aws_efs_file_system" {
  defaults = {
    arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-00000000"
  }
}

mock_resource "aws_efs_access_point" {
  defaults = {
    arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-00000000"
  }
}

mock_resource "aws_msk_configuration" {
  defaults = {
    arn             = "arn:aws:kafka:eu-central-1:123456789012:configuration/mocked/00000000-0000-0000-0000-000000000000-1"
    latest_revision = 1
  }
}

mock_resource "aws_msk_cluster" {
  defaults = {
    arn                        = "arn:aws:kafka:eu-central-1:123456789012:cluster/rlab-test/00000000-0000-0000-0000-000000000000-1"
    bootstrap_brokers_sasl_iam = "b-1.test:9098,b-2.test:9098,b-3.test:9098"
  }
}

mock_resource "aws_msk_serverless_cluster" {
  defaults = {
    arn                        = "arn:aws:kafka:eu-central-1:123456789012:cluster/rlab-test/00000000-0000-0000-0000-000000000000-s1"
    bootstrap_brokers_sasl_iam = "boot.test:9098"
  }
}

mock_resource "aws_db_instance" {
  defaults = {
    arn                = "arn:aws:rds:eu-central-1:123456789012:db:rlab-test"
    resource_id        = "db-MOCKED"
    availability_zone  = "eu-central-1a"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!mocked" }]
  }
}

mock_resource "aws_rds_cluster" {
  defaults = {
    arn                 = "arn:aws:rds:eu-central-1:123456789012:cluster:rlab-test"
    cluster_resource_id = "cluster-MOCKED"
    master_user_secret  = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!mocked" }]
  }
}

mock_resource "aws_rds_cluster_instance" {
  defaults = {
    arn = "arn:aws:rds:eu-central-1:123456789012:db:rlab-test-mocked"
  }
}

mock_resource "aws_elasticache_replication_group" {
  defaults = {
    arn             = "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:rlab-test"
    member_clusters = ["rlab-test-001", "rlab-test-002"]
  }
}

mock_resource "aws_elasticache_serverless_cache" {
  defaults = {
    arn             = "arn:aws:elasticache:eu-central-1:123456789012:serverlesscache:rlab-test"
    endpoint        = [{ address = "cache.test", port = 6379 }]
    reader_endpoint = [{ address = "cache.test", port = 6380 }]
  }
}

mock_resource "aws_elasticache_user" {
  defaults = {
    arn = "arn:aws:elasticache:eu-central-1:123456789012:user:mocked"
  }
}
