# The task that runs drills inside the VPC. It is started once per drill, so it has a definition and no service.

module "task" {
  source           = "../task"
  lab              = var.lab
  name             = "runner"
  image            = var.image
  size             = var.size
  cpu_architecture = var.cpu_architecture
  secrets          = { RLAB_RUNNER_CONFIG_JSON = var.secret_arns["runner"] }

  statements = concat(
    module.access.statements["runner"],
    local.owner,
    local.watching,
    var.fault_statements,
  )
}
