output "lab" {
  description = "What every part of one lab shares."
  value       = local.lab
}

output "vpc_id" {
  description = "VPC of the lab."
  value       = module.network.vpc_id
}

output "subnet_by_zone" {
  description = "Zone → subnet."
  value       = module.network.subnet_by_zone
}

output "security_group_ids" {
  description = "Purpose → security group."
  value       = module.firewall.ids
}

output "images" {
  description = "Image → where it is pushed to, its repository, and which one runs."
  value = {
    for name, digest in var.image_digests : name => {
      url            = module.images.urls[name]
      repository_arn = module.images.arns[name]
      digest         = digest
    }
  }
}

output "secret_arns" {
  description = "Task → its configuration."
  value       = module.secrets.arns
}

output "cluster" {
  description = "Where tasks run and are named."
  value = {
    arn          = aws_ecs_cluster.lab.arn
    name         = aws_ecs_cluster.lab.name
    namespace_id = aws_service_discovery_private_dns_namespace.lab.id
    domain       = aws_service_discovery_private_dns_namespace.lab.name
  }
}

output "ports" {
  description = "Where each part listens."
  value       = local.ports
}
