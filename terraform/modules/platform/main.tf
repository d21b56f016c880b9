# What both kinds of lab stand on: network, key, images, configurations, and a cluster for tasks.

module "encryption" {
  source               = "../encryption"
  lab                  = local.identity
  deletion_window_days = var.key_deletion_window_days
}

module "network" {
  source   = "../network"
  lab      = local.identity
  cidr     = var.network.cidr
  zones    = var.network.zones
  existing = var.network.existing
}

module "firewall" {
  source       = "../firewall"
  lab          = local.identity
  vpc_id       = module.network.vpc_id
  ports        = local.ports
  https_cidrs  = var.network.https_cidrs
  prefix_lists = var.network.prefix_lists
}

module "endpoints" {
  source            = "../endpoints"
  lab               = local.identity
  vpc_id            = module.network.vpc_id
  subnet_ids        = values(module.network.subnet_by_zone)
  zone_count        = var.network.endpoint_zones
  services          = var.network.endpoints
  security_group_id = module.firewall.ids["endpoints"]
  route_table_ids   = module.network.route_table_ids
}

module "images" {
  source = "../images"
  lab    = local.lab
  names  = toset(keys(var.image_digests))
}

# The registry's settings are no secret and stand in its task definition.
module "secrets" {
  source = "../secrets"
  lab    = local.lab
  names  = setsubtract(keys(var.image_digests), ["registry"])
}
