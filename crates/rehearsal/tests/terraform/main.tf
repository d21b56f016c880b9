# One of each of what the front answers or mends, as a lab's root would ask for it.

terraform {
  required_version = ">= 1.7"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "endpoint" { type = string }

variable "redis_port" { type = number }

locals {
  region = "eu-west-1"
  name   = "rehearsal"
}

provider "aws" {
  region                      = local.region
  access_key                  = "123456789012"
  secret_key                  = "rehearsal"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 2
  default_tags { tags = { lab = local.name } }

  endpoints {
    cloudwatch  = var.endpoint
    ec2         = var.endpoint
    ecs         = var.endpoint
    efs         = var.endpoint
    elasticache = var.endpoint
    glue        = var.endpoint
    iam         = var.endpoint
    kafka       = var.endpoint
    kms         = var.endpoint
    rds         = var.endpoint
    sts         = var.endpoint
  }
}

resource "aws_vpc" "this" {
  cidr_block = "10.40.0.0/16"
}

resource "aws_subnet" "zone" {
  for_each          = { a = 0, b = 1, c = 2 }
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 4, each.value)
  availability_zone = "${local.region}${each.key}"
}

resource "aws_security_group" "data" {
  name   = local.name
  vpc_id = aws_vpc.this.id
}

locals {
  subnets = [for subnet in aws_subnet.zone : subnet.id]
}

resource "aws_vpc_endpoint" "this" {
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${local.region}.kafka"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = local.subnets
  security_group_ids  = [aws_security_group.data.id]
  private_dns_enabled = true
}

resource "aws_kms_key" "this" {
  deletion_window_in_days = 7
}

resource "aws_efs_file_system" "this" {
  encrypted = true
}

resource "aws_efs_file_system_policy" "this" {
  file_system_id = aws_efs_file_system.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Mount"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = ["elasticfilesystem:ClientMount"]
      Resource  = aws_efs_file_system.this.arn
    }]
  })
}

resource "aws_ecs_cluster" "this" {
  name = local.name
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  container_definitions    = jsonencode([{ name = "agent", image = "agent", essential = true }])
}

resource "aws_ecs_service" "this" {
  name            = local.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 0
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = local.subnets
    security_groups = [aws_security_group.data.id]
  }
}

resource "aws_msk_configuration" "this" {
  name              = local.name
  kafka_versions    = ["3.6.0"]
  server_properties = "min.insync.replicas=2\n"
}

resource "aws_msk_cluster" "this" {
  cluster_name           = local.name
  kafka_version          = "3.6.0"
  number_of_broker_nodes = 3
  enhanced_monitoring    = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = "kafka.t3.small"
    client_subnets  = local.subnets
    security_groups = [aws_security_group.data.id]
    storage_info {
      ebs_storage_info { volume_size = 10 }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  client_authentication {
    sasl { iam = true }
  }

  encryption_info {
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }
}

resource "aws_msk_serverless_cluster" "this" {
  cluster_name = "${local.name}-serverless"

  vpc_config {
    subnet_ids         = local.subnets
    security_group_ids = [aws_security_group.data.id]
  }

  client_authentication {
    sasl {
      iam { enabled = true }
    }
  }
}

resource "aws_db_subnet_group" "this" {
  name       = local.name
  subnet_ids = local.subnets
}

resource "aws_db_parameter_group" "this" {
  name   = local.name
  family = "mysql8.0"
  parameter {
    name  = "slow_query_log"
    value = "1"
  }
}

resource "aws_db_instance" "this" {
  identifier                      = local.name
  engine                          = "mysql"
  engine_version                  = "8.0"
  instance_class                  = "db.t4g.micro"
  allocated_storage               = 20
  username                        = "admin"
  password                        = "rehearsal-Only-1"
  multi_az                        = true
  parameter_group_name            = aws_db_parameter_group.this.name
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.data.id]
  enabled_cloudwatch_logs_exports = ["slowquery"]
  skip_final_snapshot             = true
}

resource "aws_rds_cluster" "this" {
  cluster_identifier              = "${local.name}-aurora"
  engine                          = "aurora-mysql"
  engine_version                  = "8.0.mysql_aurora.3.08.0"
  master_username                 = "admin"
  master_password                 = "rehearsal-Only-1"
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.data.id]
  enabled_cloudwatch_logs_exports = ["slowquery"]
  skip_final_snapshot             = true
}

resource "aws_elasticache_subnet_group" "this" {
  name       = local.name
  subnet_ids = local.subnets
}

resource "aws_elasticache_parameter_group" "this" {
  name   = local.name
  family = "redis7"
  parameter {
    name  = "slowlog-log-slower-than"
    value = "5000"
  }
}

resource "aws_elasticache_user" "default" {
  user_id              = "${local.name}-default"
  user_name            = "default"
  engine               = "redis"
  access_string        = "off ~* -@all"
  no_password_required = true
}

resource "aws_elasticache_user" "agent" {
  user_id       = "${local.name}-agent"
  user_name     = "${local.name}-agent"
  engine        = "redis"
  access_string = "on ~* +@all"
  authentication_mode { type = "iam" }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = local.name
  engine        = "redis"
  user_ids      = [aws_elasticache_user.default.user_id, aws_elasticache_user.agent.user_id]
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = local.name
  description                = local.name
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  port                       = var.redis_port
  automatic_failover_enabled = true
  multi_az_enabled           = true
  transit_encryption_enabled = true
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.this.arn
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.data.id]
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = local.name
  alarm_description   = "fewer replicas in sync than a write needs"
  namespace           = "AWS/Kafka"
  metric_name         = "UnderMinIsrPartitionCount"
  dimensions          = { "Cluster Name" = aws_msk_cluster.this.cluster_name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
}

resource "aws_glue_registry" "this" {
  registry_name = local.name
}
